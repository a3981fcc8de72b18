import { expect, test } from "vitest";
import { SluiceError } from "../errors.ts";
import { mockCluster } from "../testing/mock-cluster.ts";
import { task } from "./define/task.ts";
import {
  DependencyNeverError,
  JobBootFailError,
  JobCancelledError,
  JobDeadlineError,
  JobEndError,
  JobFailedError,
  JobNodeFailError,
  JobOutOfMemoryError,
  JobPreemptedError,
  JobTimeoutError,
} from "./job-end-errors.ts";
import { TaskError } from "./task-error.ts";

const train = task({ name: "train", cpus: 4 }, (rate: number) => ({ loss: rate / 2 }));

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`it gave ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );
}

test("a job knows its ids and its script, and gives the value of its function", async () => {
  await using cluster = mockCluster({ outcomes: [{ returns: { loss: 0.25 } }] });
  const job = await cluster.submit(train)(0.5);
  expect([job.id, job.nativeId, job.name, job.state]).toEqual(["mock-1", "mock-1", "train", "pending"]);
  expect(job.script).toMatch(/^#!\/bin\/sh\n/);
  expect(job.script).toContain("\n#SBATCH --cpus-per-task=4\n");
  expect(job.script).toContain('{"args":[0.5]}');
  expect(await job.wait()).toEqual({ loss: 0.25 });
  expect(await job.result()).toEqual({ loss: 0.25 });
  expect((await job.status()).state).toBe("completed");
});

test.each([
  ["failed", JobFailedError],
  ["cancelled", JobCancelledError],
  ["timeout", JobTimeoutError],
  ["out_of_memory", JobOutOfMemoryError],
  ["node_fail", JobNodeFailError],
  ["preempted", JobPreemptedError],
  ["deadline", JobDeadlineError],
  ["boot_fail", JobBootFailError],
] as const)("a job that ends as %s rejects with the error of that end", async (ends, Class) => {
  await using cluster = mockCluster({ outcomes: [{ ends, stderr: "the last words\n" }] });
  const job = await cluster.submit(train)(1);
  const error = await errorOf(job.wait());
  expect(error).toBeInstanceOf(Class);
  expect(error).toBeInstanceOf(JobEndError);
  expect(error).toBeInstanceOf(SluiceError);
  expect(error).toMatchObject({ code: "JOB_ENDED", name: Class.name, jobId: "mock-1", jobName: "train", state: ends });
  expect(error).toMatchObject({ nativeId: "mock-1", stderr: "the last words\n" });
  expect(String(error)).toContain("the last words");
});

test("what the function threw comes as it was", async () => {
  const cause = new Error("disk full");
  const thrown = Object.assign(new RangeError("too far", { cause }), { code: "E_FAR" });
  await using cluster = mockCluster({ outcomes: [{ throws: thrown }] });
  const error = await errorOf((await cluster.submit(train)(1)).wait());
  expect(error).toBeInstanceOf(TaskError);
  expect(error).toMatchObject({ message: "too far", remoteName: "RangeError", fields: { code: "E_FAR" } });
  expect(error).toMatchObject({ cause: { message: "disk full" }, details: { jobId: "mock-1" } });
});

test("who waits no longer is told that the job goes on, and may wait again", async () => {
  await using cluster = mockCluster({ outcomes: [{ ends: "never" }] });
  const job = await cluster.submit(train)(1);
  const late = await errorOf(job.wait({ timeout: "30ms" }));
  expect(late).toMatchObject({ code: "DEADLINE_EXCEEDED" });
  expect(String(late)).toMatch(/"train" \(mock-1\) has not ended within 30ms; the job goes on \((pending|running)\)/);
  const stop = new AbortController();
  const stopped = errorOf(job.wait({ signal: stop.signal }));
  stop.abort(new Error("enough"));
  expect(await stopped).toMatchObject({ code: "CANCELLED", cause: { message: "enough" } });
  expect(cluster.submissions).toHaveLength(1);
  await job.cancel();
  expect(await errorOf(job.wait())).toBeInstanceOf(JobCancelledError);
});

test("a result is not waited for", async () => {
  await using cluster = mockCluster({ outcomes: [{ ends: "never" }] });
  const job = await cluster.submit(train)(1);
  expect(await errorOf(job.result())).toMatchObject({ code: "ACTION_REFUSED" });
});

test("a job that waits for what cannot happen any more is no job to wait for", async () => {
  const outcomes = [{ task: "train", nth: 1, throws: new Error("no data") }];
  await using cluster = mockCluster({ outcomes });
  const first = await cluster.submit(train)(1);
  const second = await cluster.submit(train, { after: first })(2);
  expect(await errorOf(second.wait())).toBeInstanceOf(DependencyNeverError);
});

test("a time that is none is refused", async () => {
  await using cluster = mockCluster();
  const job = await cluster.submit(train)(1);
  expect(await errorOf(job.wait({ timeout: "soon" }))).toMatchObject({ code: "INPUT_INVALID" });
  expect(await errorOf(job.wait({ timeout: -1 }))).toMatchObject({ code: "INPUT_INVALID" });
});

test("output comes as text, whole or in pieces", async () => {
  await using cluster = mockCluster({ outcomes: [{ stdout: "eins\nzwölf\n", stderr: "oh\n" }] });
  const job = await cluster.submit(train)(1);
  await job.wait();
  expect(await job.stdout()).toBe("eins\nzwölf\n");
  expect(await job.stderr()).toBe("oh\n");
  const pieces: string[] = [];
  for await (const piece of job.output({ follow: true })) pieces.push(piece);
  expect(pieces.join("")).toBe("eins\nzwölf\n");
});

test("its events end with it", async () => {
  await using cluster = mockCluster();
  const job = await cluster.submit(train)(1);
  await job.wait();
  const states: string[] = [];
  for await (const event of job.events()) if (event.type === "state") states.push(event.data.state);
  expect(states.at(-1)).toBe("completed");
});
