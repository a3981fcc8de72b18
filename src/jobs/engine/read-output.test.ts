import { expect, test } from "vitest";
import type { StoredEvent } from "../../schema/stored-event.ts";
import type { StoredJob } from "../../schema/stored-job.ts";
import type { Clock } from "../clock.ts";
import { unasked } from "../unasked-cluster.contract.ts";
import { Bell } from "./bell.ts";
import { isEnd, readOutput } from "./read-output.ts";
import { usersCluster } from "./users-cluster.ts";

const job: StoredJob = {
  id: "01J",
  position: 1,
  cluster: "c",
  owner: "ada",
  name: "sleeps",
  labels: {},
  state: "running",
  rawState: "RUNNING",
  freshness: "fresh",
  nativeId: "7",
  directory: "/jobs/01J",
  stdoutPath: "/jobs/01J/stdout",
  cancelRequested: false,
  restarts: 0,
  version: 3,
  acceptedAt: "2026-07-01T08:00:00.000Z",
  updatedAt: "2026-07-01T08:00:01.000Z",
  startedAt: "2026-07-01T08:00:01.000Z",
};

/** What is not cut short lasts for ever, but for the moment that a shared file system is given. */
const slowClock: Clock = {
  now: () => 0,
  sleep: (milliseconds, signal) =>
    milliseconds <= 30
      ? Promise.resolve()
      : new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true })),
};

test("who follows a silent job learns at once that it has ended", async () => {
  let current = job;
  let text = "";
  let looked = (): void => {};
  const hasLooked = new Promise<void>((resolve) => (looked = resolve));
  const cluster = usersCluster(
    {
      ...unasked,
      kind: "made-up",
      name: "c",
      capabilities: new Set(),
      readOutput: async (_, { offset }) => {
        looked();
        return { bytes: Buffer.from(text).subarray(offset), size: text.length };
      },
    },
    () => Promise.reject(new Error("nobody else")),
  );
  const end = new Bell();
  const source = {
    clock: slowClock,
    end,
    job: async () => current,
    tasks: async () => [],
    cluster: async () => cluster,
    files: async () => cluster,
  };
  const signal = AbortSignal.timeout(10_000);
  const printed: string[] = [];
  const reading = (async () => {
    for await (const { bytes } of readOutput(source, { stream: "stdout", follow: true }, signal)) {
      printed.push(Buffer.from(bytes).toString());
    }
  })();
  await hasLooked;
  text = "last words";
  current = { ...job, state: "completed" };
  end.ring();
  await reading;
  expect(printed).toEqual(["last words"]);
});

const event = { seq: 1, at: job.acceptedAt, jobId: job.id, cluster: "c", owner: "ada" } as const;
const ended: StoredEvent = { ...event, type: "state", data: { state: "failed", restarts: 0 } };
const taskEnded: StoredEvent = { ...event, type: "task", data: { nativeId: "7_14", state: "completed", restarts: 0 } };
const begun: StoredEvent = { ...event, type: "state", data: { state: "running", restarts: 0 } };

test.for<[string, StoredEvent, number | undefined, boolean]>([
  ["the job's end", ended, undefined, true],
  ["the whole array's end", ended, 14, true],
  ["the task's end", taskEnded, 14, true],
  ["another task's end", taskEnded, 4, false],
  ["a task's end, of a job", taskEnded, undefined, false],
  ["a beginning", begun, undefined, false],
  ["another job's end", { ...ended, jobId: "01K" }, undefined, false],
])("%s ends the reading, or not", ([, told, task, ends]) => {
  expect(isEnd(told, job.id, { stream: "stdout", follow: true, ...(task !== undefined && { task }) })).toBe(ends);
});
