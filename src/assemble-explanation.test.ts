import { expect, test } from "vitest";
import { withoutPassword } from "./assemble-explanation.ts";

test.for<[string, string]>([
  ["postgres://me:secret@db/jobs", "postgres://me:***@db/jobs"],
  ["postgres://me:p%40ss:w@db:5432/jobs?sslmode=require", "postgres://me:***@db:5432/jobs?sslmode=require"],
  ["postgres://db/jobs?user=me&password=secret&x=1", "postgres://db/jobs?user=me&password=***&x=1"],
  ["https://u:pw@host:1/", "https://u:***@host:1/"],
  ["postgres://me@db/jobs", "postgres://me@db/jobs"],
  ["/home/me/jobs.db", "/home/me/jobs.db"],
])("%s is shown as %s", ([address, shown]) => {
  expect(withoutPassword(address)).toBe(shown);
});
