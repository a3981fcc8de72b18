import { describe, expect, test } from "vitest";
import { decodeValue } from "../sdk/values/decode-value.ts";
import { readEnvelope, resultName } from "../sdk/in-job/result-envelope.ts";
import type { FileReference } from "../sdk/values/encoded-value.ts";
import { MockBackend } from "./mock-backend.ts";
import type { MockOutcome } from "./mock-outcome.ts";

const script = "#!/bin/bash\n#SBATCH --job-name=train\n#SBATCH --cpus-per-task=4\nhostname\n";

async function valueOf(mock: MockBackend, id: string, task?: number): Promise<unknown> {
  const bytes = await mock.jobFile(id, resultName(task));
  if (bytes === undefined) return "no result";
  const envelope = readEnvelope(Buffer.from(bytes).toString());
  const file = async (reference: FileReference): Promise<Uint8Array> =>
    ("name" in reference ? await mock.jobFile(id, reference.name) : undefined) ?? Buffer.of();
  return envelope.status === "ok" ? decodeValue(envelope.value, { file }) : decodeValue(envelope.error, { file });
}

test("jobs are mock-1, mock-2, …, and what was submitted can be looked at", async () => {
  const mock = new MockBackend();
  expect(await mock.submit({ script, env: { KEY: "value" } })).toMatchObject({
    id: "mock-1",
    nativeId: "mock-1",
    name: "train",
    state: "pending",
  });
  expect(await mock.submit({ script, name: "other", mem: "4G" })).toMatchObject({ id: "mock-2", name: "other" });
  expect(mock.submissions.map(({ name }) => name)).toEqual(["train", "other"]);
  expect(mock.submissions[0]).toMatchObject({ script, environment: { KEY: "value" } });
  expect(Object.fromEntries(mock.submissions[1]?.options ?? [])).toMatchObject({ mem: "4G", "cpus-per-task": "4" });
  expect(Buffer.from(await mock.script("mock-1")).toString()).toBe(script);
});

test("a second submission with the same key is the first", async () => {
  const mock = new MockBackend();
  const options = { idempotencyKey: "once" };
  expect((await mock.submit({ script }, options)).id).toBe((await mock.submit({ script }, options)).id);
  expect(mock.submissions).toHaveLength(1);
});

test("a job that nothing is said of waits, runs, completes and gives undefined", async () => {
  const mock = new MockBackend();
  await mock.submit({ script });
  const states = [await mock.job("mock-1"), await mock.job("mock-1"), await mock.job("mock-1")];
  expect(states.map(({ state }) => state)).toEqual(["pending", "running", "completed"]);
  expect(await valueOf(mock, "mock-1")).toBeUndefined();
});

test("a value comes back whole, with what stands beside it", async () => {
  const returns = { at: new Date(0), weights: new Map([["a", new Float64Array(20_000).fill(0.5)]]) };
  const mock = new MockBackend({ outcomes: [{ task: "train", returns }] });
  await mock.submit({ script });
  expect(await valueOf(mock, "mock-1")).toBe("no result");
  await mock.wait("mock-1");
  expect(await valueOf(mock, "mock-1")).toEqual(returns);
});

test("a value may be made of what was submitted", async () => {
  const mock = new MockBackend({ outcomes: [{ returnsFrom: ({ options }, task) => [options.get("array"), task] }] });
  await mock.submit({ script, array: "0-1" });
  await mock.wait("mock-1");
  expect(await valueOf(mock, "mock-1", 1)).toEqual(["0-1", 1]);
});

test("what is to be thrown comes back, and the job has failed", async () => {
  const mock = new MockBackend({ outcomes: [{ throws: new RangeError("too far") }] });
  await mock.submit({ script });
  expect(await mock.wait("mock-1")).toMatchObject({ state: "failed", exit: { status: 1, signal: 0 } });
  expect(await valueOf(mock, "mock-1")).toMatchObject({ name: "RangeError", message: "too far" });
});

test.each<[MockOutcome, object]>([
  [{ ends: "timeout" }, { state: "timeout", reason: "TimeLimit" }],
  [{ ends: "out_of_memory" }, { state: "out_of_memory", reason: "OutOfMemory" }],
  [{ ends: "node_fail" }, { state: "node_fail" }],
  [{ ends: "preempted" }, { state: "preempted" }],
  [{ ends: "cancelled" }, { state: "cancelled" }],
  [{ ends: "deadline" }, { state: "deadline" }],
  [{ ends: "boot_fail" }, { state: "boot_fail" }],
  [
    { exitCode: 7, stderr: "no" },
    { state: "failed", exit: { status: 7, signal: 0 } },
  ],
  [{ signal: 9 }, { state: "failed", exit: { status: 0, signal: 9 } }],
])("an outcome of %j ends as %j", async (outcome, end) => {
  const mock = new MockBackend({ outcomes: [outcome] });
  await mock.submit({ script });
  expect(await mock.wait("mock-1")).toMatchObject(end);
  expect(await valueOf(mock, "mock-1")).toBe("no result");
});

test("a job is put back into the queue as often as it was said, and completes", async () => {
  const mock = new MockBackend({ outcomes: [{ requeues: 2, returns: 1 }] });
  await mock.submit({ script });
  expect(await mock.wait("mock-1")).toMatchObject({ state: "completed", restarts: 2 });
  expect(await valueOf(mock, "mock-1")).toBe(1);
});

test.each([0, 1, 2, 5])("after %d polls the next look shows the end", async (polls) => {
  const mock = new MockBackend({ outcomes: [{ polls }] });
  await mock.submit({ script });
  for (let look = 0; look < polls; look++) expect((await mock.job("mock-1")).state).not.toBe("completed");
  expect((await mock.job("mock-1")).state).toBe("completed");
});

test("outcomes are chosen by name, by order and by task of an array, and a later one goes first", async () => {
  const mock = new MockBackend({
    outcomes: [
      { task: "train", nth: 2, returns: "second" },
      { task: "tr*", tasks: "1", returns: "task 1" },
      { task: "train", returns: "train" },
    ],
  });
  const value = async (name: string): Promise<unknown> => {
    const { id } = await mock.submit({ script, name });
    await mock.wait(id);
    return valueOf(mock, id);
  };
  expect([await value("train"), await value("train"), await value("train"), await value("other")]).toEqual([
    "train",
    "second",
    "train",
    undefined,
  ]);
  const { id } = await mock.submit({ script, array: "0-2" });
  await mock.wait(id);
  expect([await valueOf(mock, id, 0), await valueOf(mock, id, 1)]).toEqual(["train", "task 1"]);
  mock.outcome({ returns: "now" });
  expect(await value("train")).toBe("now");
});

test("a job is refused with the words that were said, and the next one is taken", async () => {
  const mock = new MockBackend({ outcomes: [{ nth: 1, refused: "Invalid account" }] });
  await expect(mock.submit({ script })).rejects.toMatchObject({ code: "SUBMIT_REJECTED", message: "Invalid account" });
  mock.outcome({ returns: 1 });
  expect((await mock.submit({ script })).id).toBe("mock-1");
  await mock.wait("mock-1");
  expect(await valueOf(mock, "mock-1")).toBe(1);
});

test("what sbatch would refuse is refused, and any partition and number of nodes is there unless nodes are said", async () => {
  const mock = new MockBackend();
  await expect(mock.submit({ script: "hostname" })).rejects.toMatchObject({ code: "SCRIPT_INVALID" });
  await expect(mock.submit({ script, time: "soon" })).rejects.toMatchObject({ code: expect.stringMatching(/INVALID/) });
  await mock.submit({ script, partition: "gpu", nodes: 64 });
  expect(await mock.wait("mock-1")).toMatchObject({ state: "completed" });
  const small = new MockBackend({ nodes: [{ name: "a" }] });
  await expect(small.submit({ script, partition: "gpu" })).rejects.toMatchObject({ code: "SUBMIT_REJECTED" });
});

describe("a job that waits for another", () => {
  const second = { script, dependencies: { on: [{ condition: "afterok", jobId: "mock-1" }] } } as const;

  test("runs after it", async () => {
    const mock = new MockBackend();
    await mock.submit({ script });
    await mock.submit(second);
    expect(await mock.job("mock-2")).toMatchObject({ state: "pending", reason: "Dependency" });
    await mock.wait("mock-1");
    expect(await mock.wait("mock-2")).toMatchObject({ state: "completed" });
  });

  test("can never start where that failed, and says so", async () => {
    const mock = new MockBackend({ outcomes: [{ nth: 1, ends: "failed" }] });
    await mock.submit({ script });
    await mock.submit(second);
    await mock.wait("mock-1");
    expect(await mock.job("mock-2")).toMatchObject({ state: "pending", reason: "DependencyNeverSatisfied" });
    expect((await mock.explain("mock-2")).findings[0]?.evidence).toBe("DependencyNeverSatisfied");
  });
});

test("events tell each state once, and whoever follows a job moves it on", async () => {
  const mock = new MockBackend({ outcomes: [{ requeues: 1 }] });
  await mock.submit({ script });
  const told: unknown[] = [];
  for await (const event of mock.events({ job: "mock-1", after: 0 })) {
    told.push(event.type === "state" ? event.data.state : event.type);
    if (event.type === "state" && event.data.state === "completed") break;
  }
  expect(told).toEqual(["accepted", "submitted", "pending", "running", "pending", "running", "completed"]);
});

test("waiting ends when the signal aborts, and the job goes on", async () => {
  const mock = new MockBackend({ outcomes: [{ ends: "never" }] });
  await mock.submit({ script });
  const stop = new AbortController();
  const waiting = mock.wait("mock-1", { signal: stop.signal });
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
  expect(await mock.cancel("mock-1")).toMatchObject({ state: "cancelled", cancelRequested: true });
});

test("output is that which was said, whole, from an offset on or its last lines", async () => {
  const mock = new MockBackend({ outcomes: [{ stdout: "a\nb\nc\n", stderr: "oh\n" }] });
  await mock.submit({ script });
  const read = async (query: object): Promise<string> => {
    let text = "";
    for await (const { bytes } of mock.output("mock-1", query)) text += Buffer.from(bytes).toString();
    return text;
  };
  expect(await read({ follow: true })).toBe("a\nb\nc\n");
  expect([await read({ offset: 2 }), await read({ tail: 2 }), await read({ tail: 9 })]).toEqual([
    "b\nc\n",
    "b\nc\n",
    "a\nb\nc\n",
  ]);
  expect(await read({ stream: "stderr" })).toBe("oh\n");
});

test("a job that is not there is told by its id", async () => {
  await expect(new MockBackend().job("mock-7")).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
});
