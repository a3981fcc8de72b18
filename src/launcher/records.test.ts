import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ClusterRecord } from "../schema/cluster-record.ts";
import { openRecords, type Records } from "./records.ts";

let folder: string;
let home: string;
let records: Records;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "records-"));
  home = join(folder, "home");
  records = openRecords(home);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const record = (name: string, more: Partial<ClusterRecord> = {}): ClusterRecord => ({
  version: 1,
  name,
  directory: `/w/${name}`,
  run: `/w/${name}/run`,
  driver: "native",
  created: "2026-01-02T03:04:05.678Z",
  ports: [2222, 20_001],
  daemons: [],
  ...more,
});

test("opening a registry and looking into it makes nothing", () => {
  expect(records.list()).toEqual([]);
  expect(records.get("dev")).toBeUndefined();
  records.remove("dev");
  expect(existsSync(home)).toBe(false);
});

test("records come back as they were put, in the order of their names", () => {
  const dev = record("dev", {
    daemons: [{ name: "slurmctld", pid: 12, startTime: 345 }],
    started: "2026-01-02T03:04:06.000Z",
  });
  records.put(record("zoo"));
  records.put(dev);
  expect(records.get("dev")).toEqual(dev);
  expect(openRecords(home).list()).toEqual([dev, record("zoo")]);
});

test("a record that is put again replaces the first, and no other file stays", () => {
  records.put(record("dev"));
  records.put(record("dev", { ports: [1] }));
  expect(records.list()).toEqual([record("dev", { ports: [1] })]);
  expect(readdirSync(records.directory)).toEqual(["dev.json"]);
});

test("records are for their user's eyes", () => {
  records.put(record("dev"));
  expect(statSync(records.directory).mode & 0o077).toBe(0);
  expect(statSync(join(records.directory, "dev.json")).mode & 0o077).toBe(0);
});

test("a record that was being written when its writer died is not there", () => {
  mkdirSync(records.directory, { recursive: true });
  writeFileSync(join(records.directory, "dev.json.4711.new"), '{"version":');
  expect(records.list()).toEqual([]);
  expect(records.get("dev")).toBeUndefined();
});

test("one that was being written when its writer died goes with its cluster and no other", () => {
  records.put(record("a"));
  records.put(record("a.b"));
  for (const name of ["a", "a.b"]) writeFileSync(join(records.directory, `${name}.json.4711.new`), "{");
  records.remove("a");
  expect(readdirSync(records.directory).sort()).toEqual(["a.b.json", "a.b.json.4711.new"]);
});

test("the last record takes the folders with it", () => {
  records.put(record("dev"));
  records.put(record("zoo"));
  records.remove("dev");
  expect(readdirSync(records.directory)).toEqual(["zoo.json"]);
  records.remove("zoo");
  expect(readdirSync(folder)).toEqual([]);
});

test("what somebody else put into the folder stays", () => {
  records.put(record("dev"));
  writeFileSync(join(home, "notes"), "");
  records.remove("dev");
  expect(readdirSync(home)).toEqual(["notes"]);
});

test.each([
  ["", ": Invalid input"],
  ["{", ": Invalid input"],
  ['{"version":2}', "version: Invalid input"],
  [JSON.stringify({ ...record("dev"), ports: "all" }), "ports: Invalid input"],
  [
    JSON.stringify({ ...record("dev"), daemons: [{ name: "munged", pid: 0, startTime: 1 }] }),
    "daemons.0.pid: Too small",
  ],
])("a record that reads %j is refused by its file and field", (text, problem) => {
  records.put(record("dev"));
  const file = join(records.directory, "dev.json");
  writeFileSync(file, text);
  const refusal = expect.objectContaining({
    code: "CONFIG_INVALID",
    message: expect.stringContaining(`${file}: ${problem}`),
    details: { file },
  });
  expect(() => records.get("dev")).toThrow(refusal);
  expect(() => records.list()).toThrow(refusal);
});

test("a registry that cannot be read is no empty one", () => {
  writeFileSync(home, "");
  expect(() => records.list()).toThrow(expect.objectContaining({ code: "FILE_UNREADABLE" }));
});
