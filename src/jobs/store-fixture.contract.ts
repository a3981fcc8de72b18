import { ulid } from "ulid";
import type { Fence, JobStore, NewJob } from "./store.ts";
import type { StoredEvent } from "../schema/stored-event.ts";
import type { StoredJob } from "../schema/stored-job.ts";

/** An empty database of its own for one test. */
export interface StoreFixture {
  /** Opens it once more; every handle is as good as a process of its own. */
  open(): Promise<JobStore>;
  close(): Promise<void>;
}

/** A job with what a test does not care for filled in. */
export function newJob(rest: Partial<NewJob> = {}): NewJob {
  return {
    id: ulid(),
    cluster: "alpha",
    owner: "ada",
    name: "job.sh",
    labels: {},
    submission: {
      script: Buffer.from("#!/bin/sh\ntrue\n").toString("base64"),
      args: [],
      options: [],
      environment: {},
    },
    ...rest,
  };
}

/** Accepts one job; fails where it was not new. */
export async function acceptOne(store: JobStore, rest: Partial<NewJob> = {}): Promise<StoredJob> {
  const [answer] = await store.accept([newJob(rest)]);
  if (answer === undefined || answer.conflict !== undefined) throw new Error("the job was not accepted");
  return answer.job;
}

/** Takes the lease of a cluster for a minute. */
export async function lease(store: JobStore, cluster = "alpha", holder = "one"): Promise<Fence> {
  const taken = await store.acquireLease(cluster, holder, 60_000);
  if (taken === undefined) throw new Error(`the lease of ${cluster} is taken`);
  return { cluster: taken.cluster, token: taken.token };
}

/** A job that the scheduler has, under this native id. */
export async function submitOne(
  store: JobStore,
  fence: Fence,
  nativeId: string,
  rest: Partial<NewJob> & { readonly tasks?: readonly number[] } = {},
): Promise<StoredJob> {
  const { tasks, ...asked } = rest;
  const job = await acceptOne(store, { cluster: fence.cluster, ...asked });
  await store.move({ jobId: job.id, version: job.version, to: "submitting", fence });
  const submitted = { jobId: job.id, nativeId, directory: `/jobs/${job.id}`, ...(tasks !== undefined && { tasks }) };
  const [noted] = await store.recordSubmitted([submitted], fence);
  if (noted === undefined) throw new Error("the submit was not noted");
  return noted;
}

/** Every event after that number. */
export async function eventsSince(store: JobStore, seq = 0): Promise<readonly StoredEvent[]> {
  const found: StoredEvent[] = [];
  for (let after = seq; ;) {
    const { events, cursor } = await store.eventsAfter(after, { limit: 100 });
    found.push(...events);
    if (events.length < 100) return found;
    after = cursor;
  }
}

/** Waits until something is so; fails after thirty seconds. */
export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await what())) {
    if (Date.now() > deadline) throw new Error("waited 30 s in vain");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
