import { describe, expect, test } from "vitest";
import { task } from "../sdk/define/task.ts";
import { JobTimeoutError } from "../sdk/job-end-errors.ts";
import type { Job } from "../sdk/job.ts";
import { matchers } from "./matchers.ts";
import { mockCluster } from "./mock-cluster.ts";
import type { MockOutcome } from "./mock-outcome.ts";

const train = task({ cpus: 2, memory: "4G", time: "2h", exclusive: true }, function train(epochs: number) {
  return epochs;
});

async function submitted(outcome: MockOutcome = {}): Promise<Job<number>> {
  return mockCluster({ outcomes: [outcome] }).submit(train, { partition: "gpu" })(3);
}

describe("toComplete", () => {
  test("waits for a job that ends well", async () => {
    expect(await matchers.toComplete(await submitted())).toMatchObject({ pass: true });
  });

  test("tells how a job ended that did not", async () => {
    const { pass, message } = await matchers.toComplete(await submitted({ throws: new RangeError("too far") }));
    expect([pass, message()]).toEqual([false, 'expected job "train" (mock-1) to complete: TaskError: too far']);
  });

  test("gives up after its time", async () => {
    const { pass, message } = await matchers.toComplete(await submitted({ ends: "never" }), { timeout: 20 });
    expect([pass, message()]).toEqual([false, expect.stringContaining("within 20 ms")]);
  });
});

describe("toFailWith", () => {
  test.each([
    ["a part of the message", "far"],
    ["a pattern", /^too far$/],
    ["fields of the error", { code: "TASK_FAILED", remoteName: /Range/ }],
  ])("takes %s", async (_, expected) => {
    const job = await submitted({ throws: new RangeError("too far") });
    expect(await matchers.toFailWith(job, expected)).toMatchObject({ pass: true });
  });

  test("takes a class of error", async () => {
    const job = await submitted({ ends: "timeout" });
    expect(await matchers.toFailWith(job, JobTimeoutError)).toMatchObject({ pass: true });
    const { pass, message } = await matchers.toFailWith(job, RangeError);
    expect([pass, message()]).toEqual([
      false,
      expect.stringMatching(
        /^expected job "train" \(mock-1\) to fail with RangeError, and it failed with JobTimeoutError:/,
      ),
    ]);
  });

  test("does not take a job that completes", async () => {
    const { pass, message } = await matchers.toFailWith(await submitted(), { state: "timeout" });
    expect([pass, message()]).toEqual([
      false,
      'expected job "train" (mock-1) to fail with {"state":"timeout"}, and it completed',
    ]);
  });
});

describe("toRequest", () => {
  test("takes options of the script, in the words that tasks have for them", async () => {
    const job = await submitted();
    expect(matchers.toRequest(job, { cpus: 2, memory: "4G", partition: "gpu", exclusive: true })).toMatchObject({
      pass: true,
    });
    expect(matchers.toRequest(job, { cpusPerTask: 2, mem: "4G", time: "2h" })).toMatchObject({ pass: true });
  });

  test("names what is missing, and what there is", async () => {
    const { pass, message } = matchers.toRequest(await submitted(), { gpus: 2, cpus: 2 });
    expect([pass, message()]).toEqual([
      false,
      expect.stringMatching(/to request --gpus=2; it requests --job-name=train .*--cpus-per-task=2/),
    ]);
  });
});

test("an array is looked at as a whole", async () => {
  const cluster = mockCluster({ outcomes: [{ tasks: "1", throws: new RangeError("too far") }] });
  const array = await cluster.map(train, [1, 2, 3]);
  expect(matchers.toRequest(array, { cpus: 2 })).toMatchObject({ pass: true });
  expect(await matchers.toFailWith(array, "too far")).toMatchObject({ pass: true });
  expect(await matchers.toComplete(await cluster.map(train, [1]))).toMatchObject({ pass: true });
});

test("what is no job is refused", () => {
  expect(() => matchers.toRequest({}, {})).toThrow("toRequest looks at a job");
});
