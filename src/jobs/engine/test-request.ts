import { SluiceError } from "../../errors.ts";
import { newId } from "../../schema/new-id.ts";
import type { Caller, JobRequest, TestResult } from "../job-service.ts";
import { toRequest } from "./submit-request.ts";
import { checkDependencies, resolveDependencies } from "./dependencies.ts";
import { readRequest } from "./accept-request.ts";
import type { ClusterLoop } from "./cluster-loop.ts";
import type { ServiceDeps } from "./engine.ts";
import { maySee } from "./access.ts";
import { withAccount } from "./with-account.ts";

/** A cluster that does not answer must not keep the answers of others. */
const deadlineMs = 20_000;

/** Asks one cluster, or all, whether and when it would take a job; a refusal is an answer. */
export async function testRequest(
  { store, loops, clock, directory }: ServiceDeps,
  request: JobRequest,
  caller: Caller,
  signal: AbortSignal,
): Promise<readonly TestResult[]> {
  const { submission, name } = readRequest(request);
  if (request.cluster === undefined) await loops.refresh();
  const chosen = request.cluster === undefined ? loops.all() : [await loops.require(request.cluster)];
  const until = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
  const ask = async (loop: ClusterLoop): Promise<TestResult> => {
    const cluster = loop.listed.name;
    try {
      await checkDependencies(submission, cluster, async (jobId) => {
        const job = await store.get(jobId);
        return job !== undefined && maySee(caller, job) ? job : undefined;
      });
      const dependencies = await resolveDependencies(store, submission);
      if ("impossible" in dependencies) return { cluster, accepted: false, message: dependencies.impossible };
      const dependency = "ready" in dependencies ? dependencies.ready : undefined;
      const opened = await loop.cluster(until);
      const runAs = (await directory.runAs?.(cluster, caller)) ?? {};
      const asked = toRequest({ id: newId(clock.now()), name }, withAccount(submission, runAs), dependency);
      return { cluster, ...(await opened.test({ ...asked, user: runAs.user }, until)) };
    } catch (error) {
      const isAsked = request.cluster !== undefined && error instanceof SluiceError && error.code === "FORBIDDEN";
      if (error instanceof SluiceError && !isAsked) return { cluster, accepted: false, message: error.message };
      throw error;
    }
  };
  return Promise.all(chosen.map(ask));
}
