import { SluiceError } from "../../errors.ts";
import type { StoredJob } from "../../schema/stored-job.ts";
import { parseDependency } from "../../slurm/values/dependency.ts";
import type { Finding, QueueEntry } from "../cluster.ts";
import type { Explanation } from "../job-service.ts";
import type { ClusterLoop } from "./cluster-loop.ts";
import { resolveDependencies } from "./dependencies.ts";
import type { ServiceDeps } from "./engine.ts";
import { explainJob } from "./explain.ts";
import { isWaiting, reasonsOf } from "./explain-waiting.ts";
import { toSubmitted } from "./owned-cluster.ts";

const askWithinMs = 5_000;

/** Gathers what is known of a job, from the store, the last look at its cluster's queue and the cluster itself, and explains it. */
export async function explain(deps: ServiceDeps, job: StoredJob, signal: AbortSignal): Promise<Explanation> {
  const { store, loops } = deps;
  await loops.refresh().catch(() => {});
  const loop = loops.known(job.cluster);
  const queue = (await loop?.queue(signal).catch(() => [])) ?? [];
  const rows = queue.filter(({ jobId, jobNativeId }) => jobId === job.id && jobNativeId === job.nativeId);
  const problem =
    loop === undefined
      ? `cluster "${job.cluster}" is not there any more`
      : (loop.health.submitProblem ?? (loop.health.status === "unreachable" ? loop.health.message : undefined));
  const isAccepted = job.state === "accepted";
  const told = loop === undefined || problem !== undefined ? [] : await askCluster(loop, job, rows, signal);
  return explainJob({
    job,
    queue,
    rows,
    told,
    ahead: isAccepted ? await countAhead(deps, job) : 0,
    waitsFor: isAccepted ? await waitedFor(deps, job) : [],
    dependsOn: await store.byNativeId(job.cluster, [...new Set(rows.flatMap(nativeIdsIn))]),
    ...(problem !== undefined && { problem }),
  });
}

/** What the cluster has to add, within the little time that somebody who asks has; nothing where it does not answer by then. */
async function askCluster(
  loop: ClusterLoop,
  job: StoredJob,
  rows: readonly QueueEntry[],
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const submitted = toSubmitted(job);
  const waits = job.state === "pending" || job.state === "held" || isWaiting(rows);
  const isOfInterest = waits || job.state === "cancelled" || job.freshness === "hidden";
  if (submitted === undefined || !isOfInterest) return [];
  const until = AbortSignal.any([signal, AbortSignal.timeout(askWithinMs)]);
  try {
    const inventory = waits ? await loop.inventory.read(until).catch(() => undefined) : undefined;
    const { state, freshness } = job;
    const reasons = waits ? reasonsOf(job, rows) : [];
    const request = { state, freshness, reasons, ...(inventory !== undefined && { inventory }) };
    return await (await loop.cluster(until)).evidence(submitted, request, until);
  } catch (error) {
    if (error instanceof SluiceError || until.aborted) return [];
    throw error;
  }
}

function nativeIdsIn({ dependency = "" }: QueueEntry): readonly string[] {
  try {
    return parseDependency(dependency).terms.flatMap(({ job }) => (job === undefined ? [] : [String(job)]));
  } catch {
    return [];
  }
}

async function countAhead({ store }: ServiceDeps, { cluster, acceptedAt }: StoredJob): Promise<number> {
  const { accepted = 0 } = await store.count({ clusters: [cluster], states: ["accepted"], acceptedBefore: acceptedAt });
  return accepted;
}

async function waitedFor({ store }: ServiceDeps, job: StoredJob): Promise<readonly StoredJob[]> {
  const submission = await store.submissionOf(job.id);
  if (submission === undefined) return [];
  const dependencies = await resolveDependencies(store, submission);
  return "waitsFor" in dependencies ? store.getAll(dependencies.waitsFor) : [];
}
