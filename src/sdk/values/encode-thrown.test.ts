import { expect, test } from "vitest";
import { TaskError } from "../task-error.ts";
import { decodeValue } from "./decode-value.ts";
import { encodeThrown } from "./encode-thrown.ts";

async function thrownThrough(thrown: unknown): Promise<unknown> {
  return decodeValue(JSON.parse(encodeThrown(thrown, { fileName: String }).json));
}

test("an error whose fields cannot all travel comes back with a text in their place", async () => {
  const cause = Object.assign(new TypeError("socket hang up"), { socket: new WeakMap(), code: "ECONNRESET" });
  const error = Object.assign(new RangeError("no answer", { cause }), { retry: () => 1, attempt: 3 });
  const back = await thrownThrough(error);
  expect(back).toBeInstanceOf(RangeError);
  expect(back).toMatchObject({ message: "no answer", stack: error.stack, attempt: 3, retry: "[Function: retry]" });
  const below = back instanceof Error ? back.cause : undefined;
  expect(below).toBeInstanceOf(TypeError);
  expect(below).toMatchObject({ code: "ECONNRESET", socket: "WeakMap { <items unknown> }" });
});

test.each<readonly [string, unknown, unknown]>([
  ["a text", "no", "no"],
  ["nothing", undefined, undefined],
  ["plain data", { code: 7 }, { code: 7 }],
  ["a function", () => 1, "[Function (anonymous)]"],
])("%s may be thrown too", async (_what, thrown, expected) => {
  expect(await thrownThrough(thrown)).toEqual(expected);
});

test("whatever is thrown can be told", async () => {
  const endless = new Error("loop");
  endless.cause = new Error("other", { cause: endless });
  const hostile = new Error("hostile");
  Object.defineProperty(hostile, "message", {
    get() {
      throw new Error("never");
    },
  });
  let deep: Error = Object.assign(new Error("deepest"), { f: () => 1 });
  for (let level = 0; level < 5_000; level += 1) deep = new Error(`level ${String(level)}`, { cause: deep });
  for (const thrown of [endless, hostile, deep, Symbol("x"), new Error("x".repeat(70 * 1024 * 1024))]) {
    expect(await thrownThrough(thrown)).toBeDefined();
  }
});

test("a TaskError has the message, name, cause, fields and stack of what was thrown in the job", async () => {
  class LossError extends Error {
    override readonly name = "LossError";
  }
  const remote = Object.assign(new LossError("no loss", { cause: "below" }), { code: "E_LOSS", step: 3 });
  const back = await thrownThrough(remote);
  const error = new TaskError(back, {
    task: "src/train.ts#train",
    jobId: "01KB0000000000000000000001",
    index: 4,
    host: "cpu-0",
  });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    name: "TaskError",
    code: "TASK_FAILED",
    message: "no loss",
    remoteName: "LossError",
    remoteStack: remote.stack,
    cause: "below",
    fields: { code: "E_LOSS", step: 3 },
    details: { task: "src/train.ts#train", jobId: "01KB0000000000000000000001", index: 4, host: "cpu-0" },
  });
  const lines = (error.stack ?? "").split("\n");
  expect(lines[0]).toBe("TaskError: no loss");
  expect(lines[1]).toBe(remote.stack?.split("\n")[1]);
  expect(lines).toContain("    -- in job 01KB0000000000000000000001 on cpu-0, read here: --");
});

test("a TaskError of what is no error says what was thrown", () => {
  const call = { task: "t", jobId: "j" };
  expect(new TaskError("no", call)).toMatchObject({
    message: 'the task threw "no"',
    remoteName: "string",
    fields: {},
    thrown: "no",
  });
  expect(new TaskError(null, call)).toMatchObject({ message: "the task threw null", remoteName: "null" });
  expect(new TaskError({ a: 1 }, call)).toMatchObject({
    message: "the task threw an object that is no Error",
    thrown: { a: 1 },
  });
});
