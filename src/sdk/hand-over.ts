import type { Job as JobRecord, JobBody } from "../client/client.ts";
import { SluiceError } from "../errors.ts";
import type { Backend } from "./backend.ts";
import { findNever, type CallDependencies } from "./call-dependencies.ts";
import { isInJob } from "./in-job/in-job.ts";
import { tell } from "./observers/observer.ts";
import type { PipelineDeps } from "./pipeline.ts";
import { untilTaken } from "./until-taken.ts";

/** A job that is ready to be submitted. */
export interface ReadyJob {
  readonly body: JobBody & { readonly script: string };
  readonly dependencies: CallDependencies;
  readonly name: string;
  /** Id of the task function; absent for scripts. */
  readonly task?: string;
  /** How many tasks an array has; 1 for a job that is none. */
  readonly calls: number;
  readonly signal: AbortSignal | undefined;
}

/** Submits a job, waits until its scheduler has it, and tells observers. Throws as `untilTaken`, and `DependencyNeverError`. */
export async function handOver({ backend, observers, follow }: PipelineDeps, job: ReadyJob): Promise<JobRecord> {
  const { task, calls, dependencies, signal } = job;
  const body = { ...job.body, ...(dependencies.body !== undefined && { dependencies: dependencies.body }) };
  const cluster = await backend.clusterName(signal);
  const event = { name: job.name, cluster, task, calls };
  const began = Date.now();
  tell(observers(), "onSubmitStart", { ...event, at: began });
  const end = (taken: JobRecord | undefined, failure: { readonly error?: unknown }): void => {
    const at = Date.now();
    const facts = { jobId: taken?.id, nativeId: taken?.nativeId, script: taken && body.script };
    tell(observers(), "onSubmitEnd", { ...event, ...facts, at, durationMs: at - began, ...failure });
  };
  try {
    const accepted = await backend.submit(body, { signal, idempotencyKey: crypto.randomUUID() });
    const record = await untilTaken(backend, accepted, signal);
    end(record, {});
    const { id: jobId, nativeId } = record;
    if (isInJob()) tell(observers(), "onWorkflowTaskSubmitted", { ...event, at: Date.now(), jobId, nativeId });
    follow({ record, task });
    return record;
  } catch (error) {
    const isRefusal = error instanceof SluiceError && error.code === "SUBMIT_REJECTED";
    const never = isRefusal ? await findNever(backend, dependencies, signal) : undefined;
    const why = never ?? withoutOthersJobs(error, backend);
    end(undefined, { error: why });
    throw why;
  }
}

/** Says of a job that the cluster does not know what can be done. */
function withoutOthersJobs(error: unknown, { description }: Backend): unknown {
  if (!(error instanceof SluiceError)) return error;
  const { field } = error.details;
  if (error.code !== "INPUT_INVALID" || typeof field !== "string" || !field.startsWith("dependencies.on")) return error;
  const problem = error.message.replace(/^dependencies\S* /, "");
  return new SluiceError(
    "INPUT_INVALID",
    `${description} cannot wait for a job among the arguments, or in after: ${problem}; a job of another cluster is waited for with wait(), and its value passed on`,
    { cause: error, details: { field: "args" } },
  );
}
