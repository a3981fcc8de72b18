import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ClusterRecord } from "../schema/cluster-record.ts";
import { openRecords } from "./records.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "records-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const record = (name: string): ClusterRecord => ({
  version: 1,
  name,
  directory: `/w/${name}`,
  run: `/w/${name}/run`,
  driver: "native",
  created: "2026-01-02T03:04:05.000Z",
  ports: [20_000],
  daemons: [],
});

test("the last cluster takes the registry's folders with it", () => {
  const home = join(folder, "home");
  const records = openRecords(home);
  records.put(record("a"));
  records.put(record("b"));
  records.remove("a");
  expect(records.list()).toEqual([record("b")]);
  records.remove("b");
  expect(records.list()).toEqual([]);
  expect(existsSync(home)).toBe(false);
});

test("a record that was being written when its writer was killed goes with its cluster and no other", () => {
  const records = openRecords(folder);
  records.put(record("a"));
  records.put(record("a.b"));
  for (const name of ["a", "a.b"]) writeFileSync(join(records.directory, `${name}.json.4711.new`), "{");
  records.remove("a");
  expect(readdirSync(records.directory).sort()).toEqual(["a.b.json", "a.b.json.4711.new"]);
});

test("a record that is none names its file", () => {
  const records = openRecords(folder);
  records.put(record("a"));
  writeFileSync(join(records.directory, "a.json"), "{");
  expect(() => records.get("a")).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  expect(() => records.get("a")).toThrow(join(records.directory, "a.json"));
});
