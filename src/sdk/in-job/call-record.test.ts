import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CallRecord } from "./call-record.ts";
import { readEnvelope } from "./result-envelope.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "record-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const record = (rank: number): CallRecord => {
  const made = new CallRecord({ folder, task: undefined, rank, attempt: 1, host: "n1", startedAt: new Date(0) });
  made.begin();
  return made;
};
const result = async (): Promise<unknown> => readEnvelope(await readFile(join(folder, "files", "result.json"), "utf8"));

test("an error of any rank stays, whoever ends first", async () => {
  const [first, second] = [record(0), record(1)];
  expect(second.fail(new Error("rank 1"))).toBe(1);
  expect(first.succeed("value")).toBe(0);
  expect(await result()).toMatchObject({ status: "error" });
  await rm(join(folder, "files", "result.json"));
  expect(record(0).succeed("value")).toBe(0);
  expect(record(1).fail(new Error("rank 1"))).toBe(1);
  expect(await result()).toMatchObject({ status: "error" });
});

test("what cannot be written is said, with an exit code of its own, and leaves no half of it", async () => {
  const made = record(0);
  await rm(join(folder, "files"), { recursive: true });
  expect(made.succeed("value")).toBe(74);
  expect(made.isSettled).toBe(true);
  expect(await readdir(folder)).toEqual([]);
});

test("the longest text that a value may be is written as it is", async () => {
  const text = "é".repeat(1024 * 1024);
  expect(record(0).succeed(text)).toBe(0);
  expect(await result()).toMatchObject({ status: "ok", value: text });
});
