import type { StoredJob } from "../../schema/stored-job.ts";
import { parseDependency } from "../../slurm/values/dependency.ts";
import type { QueueEntry } from "../cluster.ts";
import type { Explanation } from "../job-service.ts";
import { resolveDependencies } from "./dependencies.ts";
import type { ServiceDeps } from "./engine.ts";
import { explainJob } from "./explain.ts";

/** Gathers what is known of a job, from the store and the last look at its cluster's queue, and explains it. */
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
  const isWaiting = job.state === "accepted";
  return explainJob({
    job,
    rows,
    ahead: isWaiting ? await countAhead(deps, job) : 0,
    waitsFor: isWaiting ? await waitedFor(deps, job) : [],
    dependsOn: await store.byNativeId(job.cluster, [...new Set(rows.flatMap(nativeIdsIn))]),
    ...(problem !== undefined && { problem }),
  });
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
