import type { Client, Job } from "../client/client.ts";
import { isErrorCode } from "../error-codes.ts";
import { SluiceError } from "../errors.ts";
import { systemClock } from "../jobs/clock.ts";
import { isFinal } from "../schema/job-transitions.ts";
import { OutputPumps } from "./output-pumps.ts";
import type { RunView } from "./run-view.ts";

/** How long the cluster may take to answer a plea for the end of a job. */
const cancelDeadlineMs = 30_000;
/** A cluster that does not take a job for a reason of its own is given so long. */
const takeMs = 10_000;
const lookEveryMs = 500;
/** After so long it is told why the cluster does not have the job yet. */
const explainAfterMs = 3_000;
/** A job that its cluster does not know, though it answers, may yet be shown again. */
const lostAfterMs = 10_000;

export interface RunDeps {
  readonly client: Client;
  readonly cluster: string;
  readonly view: RunView;
}

export interface RunSignals {
  /** Its abort cancels the job, which is then followed to its end. */
  readonly signal: AbortSignal;
  /** Its abort stops following; the job is left as it is. */
  readonly urgent: AbortSignal;
  readonly timeoutMs?: number | undefined;
}

/**
 * Shows what becomes of a job and what it prints, until it has ended and all was shown. Throws what the job was rejected
 * with, `CLUSTER_UNREACHABLE` for a cluster that does not take it, `JOB_LOST` and `CLUSTER_NOT_FOUND` where nobody can say
 * how it ended, `DEADLINE_EXCEEDED`, and `CANCELLED` when it is not to be followed any more.
 */
export async function followRun(
  deps: RunDeps,
  job: Job,
  { signal, urgent, timeoutMs = Infinity }: RunSignals,
): Promise<Job> {
  const stop = new AbortController();
  const until = AbortSignal.any([urgent, stop.signal]);
  const taking: Taking = { taken: new AbortController() };
  const cancelling = cancelOnAbort(deps, job, signal);
  try {
    const ended = await Promise.race([
      toEnd(deps, job, { until, taken: taking.taken }),
      toTaking(deps, job, taking, AbortSignal.any([until, taking.taken.signal])),
      aborted(urgent, () => new SluiceError("CANCELLED", "stopped following the job, as asked")),
      late(timeoutMs, until),
    ]);
    if (ended.nativeId === undefined && taking.failure !== undefined) throw taking.failure;
    return ended;
  } finally {
    stop.abort();
    await cancelling.settled();
  }
}

/** Whether the cluster has the job, or why it will not have it. */
interface Taking {
  readonly taken: AbortController;
  failure?: SluiceError;
}

async function toEnd(
  { client, cluster, view }: RunDeps,
  accepted: Job,
  { until, taken }: { readonly until: AbortSignal; readonly taken: AbortController },
): Promise<Job> {
  const { id } = accepted;
  const pumps = new OutputPumps({ client, view, id, signal: until });
  let job = accepted;
  const begin = ({ startedAt }: { readonly startedAt?: string | undefined }, nativeId?: string): void => {
    const isOwn = job.tasks === undefined ? nativeId === undefined : nativeId !== undefined;
    if (startedAt !== undefined && isOwn) pumps.begin(nativeId);
  };
  for await (const event of client.events({ job: id, after: 0 }, { signal: until })) {
    switch (event.type) {
      case "submitted":
        job = await client.job(id);
        taken.abort();
        view.submitted(job);
        break;
      case "state":
        view.state(event.data);
        begin(event.data);
        break;
      case "task":
        view.task(event.data);
        begin(event.data, event.data.nativeId);
        break;
      case "rejected": {
        const { code, message } = event.data;
        throw new SluiceError(isErrorCode(code) ? code : "SUBMIT_REJECTED", message, { details: { jobId: id } });
      }
      case "freshness":
        view.freshness(event.data.freshness);
        if (event.data.freshness === "stale") view.silent(await silence({ client, cluster, view }, job));
        break;
      case "accepted":
      case "cancel-requested":
      case "missed":
        break;
      default:
        // An event of a newer gateway.
        event satisfies never;
    }
    const ended = (event.type === "state" && isFinal(event.data.state)) || event.type === "missed";
    if (ended) job = await client.job(id);
    if (ended && isFinal(job.state)) {
      // What is told of tasks follows what it makes of the job as a whole; of some ends no beginning is known.
      const tasks = job.tasks === undefined ? [] : await client.tasks(id);
      for (const task of tasks) pumps.begin(task.nativeId);
      if (job.tasks === undefined) pumps.begin();
      view.tasks(tasks);
      await pumps.ended();
      return job;
    }
  }
  // The signal has ended it, and with it the race that this is part of.
  return new Promise<never>(() => {});
}

/** Why there is no news, where the cluster says so. Throws where there never will be any. */
async function silence({ client, cluster }: RunDeps, { id, nativeId, directory }: Job): Promise<string> {
  const details = { jobId: id, nativeId, directory };
  const deadline = systemClock.now() + lostAfterMs;
  while (systemClock.now() < deadline) {
    const found = (await client.clusters()).find(({ name }) => name === cluster);
    if (found === undefined) {
      const message = `cluster "${cluster}" is gone; how job ${nativeId ?? id} ended is unknown`;
      throw new SluiceError("CLUSTER_NOT_FOUND", message, { details });
    }
    if (found.status !== "up") return found.message ?? "";
    // It answers, and may show the job again at the next look.
    await systemClock.sleep(lookEveryMs, AbortSignal.timeout(lostAfterMs));
    if ((await client.job(id)).freshness !== "stale") return "";
  }
  throw new SluiceError(
    "JOB_LOST",
    `the cluster no longer knows job ${nativeId}, and it left no receipt in ${directory}; how it ended is unknown`,
    { details },
  );
}

/** Watches over a job until its cluster has taken it; throws where the cluster does not, and takes the job back. */
async function toTaking(
  { client, cluster, view }: RunDeps,
  job: Job,
  taking: Taking,
  until: AbortSignal,
): Promise<never> {
  let deadline: number | undefined;
  let explainAt = systemClock.now() + explainAfterMs;
  while (!until.aborted) {
    await systemClock.sleep(lookEveryMs, until);
    if (until.aborted) break;
    const { message } = await client.cluster(cluster);
    if (message === undefined) {
      if (systemClock.now() < explainAt) continue;
      explainAt = Infinity;
      const { summary, findings } = await client.explain(job.id);
      view.say(`the job is stored; ${[summary, ...findings.map(({ what }) => what)].join(": ")}`);
      continue;
    }
    if (deadline === undefined) view.say(`${cluster} does not take the job (${message}); trying again`);
    deadline ??= systemClock.now() + takeMs;
    if (systemClock.now() < deadline) continue;
    const failed = (rest: string): SluiceError =>
      new SluiceError("CLUSTER_UNREACHABLE", `${cluster} did not take the job (${message}); ${rest}`, {
        details: { cluster, jobId: job.id },
      });
    taking.failure = failed("it was not submitted");
    await client.cancel(job.id);
    await systemClock.sleep(takeMs, until);
    if (!until.aborted)
      throw failed(`whether it got there is not known yet, and its end was asked for: sluice job ${job.id}`);
  }
  return new Promise<never>(() => {});
}

/** Cancels the job once, when the signal aborts. */
function cancelOnAbort(
  { client, view }: RunDeps,
  { id }: Job,
  signal: AbortSignal,
): { readonly settled: () => Promise<void> } {
  let attempt: Promise<void> | undefined;
  const cancel = (): void => {
    view.cancelling();
    attempt = (async () => {
      await client.cancel(id, { signal: AbortSignal.timeout(cancelDeadlineMs) });
    })();
    // `settled` waits for it; that it failed shows in that the job goes on.
    attempt.catch(() => {});
  };
  if (signal.aborted) cancel();
  else signal.addEventListener("abort", cancel, { once: true });
  return {
    async settled() {
      signal.removeEventListener("abort", cancel);
      await attempt?.catch(() => {});
    },
  };
}

async function aborted(signal: AbortSignal, why: () => SluiceError): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(why());
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}

async function late(timeoutMs: number, until: AbortSignal): Promise<never> {
  if (timeoutMs === Infinity) return new Promise<never>(() => {});
  await systemClock.sleep(timeoutMs, until);
  if (until.aborted) return new Promise<never>(() => {});
  throw new SluiceError("DEADLINE_EXCEEDED", `the job had not ended after ${timeoutMs / 1000} s; it goes on`);
}
