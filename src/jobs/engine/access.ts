import { SluiceError } from "../../errors.ts";
import type { StoredJob } from "../../schema/stored-job.ts";
import type { Caller } from "../job-service.ts";
import type { JobStore } from "../store.ts";

/** Whether everybody's jobs are the caller's business. */
export function seesAll({ role }: Caller): boolean {
  return role === "operator" || role === "admin";
}

export function maySee(caller: Caller, { owner }: Pick<StoredJob, "owner">): boolean {
  return seesAll(caller) || owner === caller.subject;
}

/** The job, if the caller may see it; `JOB_NOT_FOUND` tells no more than that. */
export async function requireJob(store: JobStore, jobId: string, caller: Caller): Promise<StoredJob> {
  const job = await store.get(jobId);
  if (job !== undefined && maySee(caller, job)) return job;
  throw new SluiceError("JOB_NOT_FOUND", `there is no job ${JSON.stringify(jobId.slice(0, 60))}; check its id`, {
    details: { jobId: jobId.slice(0, 60) },
  });
}
