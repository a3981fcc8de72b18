import { expect, test } from "vitest";
import { newId } from "./new-id.ts";

test("ids of one millisecond differ, have one beginning, and use every letter of a ULID", () => {
  const ids = Array.from({ length: 2_000 }, () => newId(1_700_000_000_000));
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(ids.map((id) => id.slice(0, 10)))).toEqual(new Set(["01HF7YAT00"]));
  const letters = new Set(ids.flatMap((id) => id.slice(10).split("")));
  expect([...letters].sort().join("")).toBe("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
});

test("ids of later milliseconds sort later", () => {
  const ids = Array.from({ length: 50 }, (_, at) => newId(1_700_000_000_000 + at));
  expect(ids.toSorted()).toEqual(ids);
});
