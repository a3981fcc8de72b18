import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Explanation } from "../client/client.ts";
import { explainJob } from "../jobs/engine/explain.ts";
import { SluiceError } from "../errors.ts";
import { MockBackend } from "../testing/mock-backend.ts";
import { untilTaken } from "./until-taken.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A backend whose cluster takes nothing, and what it says of why. */
async function takingNothing(problem: string | undefined) {
  const mock = new MockBackend();
  const { nativeId: _, ...record } = await mock.submit({ script: "#!/bin/sh\ntrue\n" });
  const accepted = { ...record, state: "accepted" } as const;
  const explanation: Explanation = explainJob({
    job: { ...accepted, position: 1 },
    ahead: 0,
    waitsFor: [],
    ...(problem !== undefined && { problem }),
    queue: [],
    rows: [],
    told: [],
    dependsOn: new Map(),
  });
  const cancelled: string[] = [];
  const backend = {
    description: 'cluster "hpc"',
    explain: async () => explanation,
    cancel: async (id: string) => {
      cancelled.push(id);
      return accepted;
    },
    wait: (_id: string, { signal }: { readonly signal?: AbortSignal | undefined } = {}) =>
      new Promise<never>((_resolve, reject) => {
        signal?.addEventListener("abort", () => reject(new SluiceError("CANCELLED", "stopped as asked")));
      }),
  };
  return { backend, accepted, cancelled };
}

test("a cluster that cannot be reached is given up after a while, with its words, and the job is cancelled", async () => {
  const { backend, accepted, cancelled } = await takingNothing("ssh: connect to host hpc: Connection refused");
  const taken = untilTaken(backend, accepted, undefined).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await taken).toMatchObject({
    code: "CLUSTER_UNREACHABLE",
    message: expect.stringMatching(/cluster "hpc" has not taken the job, which is cancelled: ssh: connect to host hpc/),
  });
  expect(cancelled).toEqual([accepted.id]);
});

test("one that only takes its time is waited for longer", async () => {
  const { backend, accepted, cancelled } = await takingNothing(undefined);
  const taken = untilTaken(backend, accepted, undefined).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(cancelled).toEqual([]);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(await taken).toMatchObject({ code: "CLUSTER_UNREACHABLE" });
});

test("who gives up submitting has the job cancelled", async () => {
  const { backend, accepted, cancelled } = await takingNothing(undefined);
  const stop = new AbortController();
  const taken = untilTaken(backend, accepted, stop.signal).catch((error: unknown) => error);
  stop.abort();
  expect(await taken).toMatchObject({ code: "CANCELLED", message: expect.stringContaining("it is cancelled") });
  expect(cancelled).toEqual([accepted.id]);
});
