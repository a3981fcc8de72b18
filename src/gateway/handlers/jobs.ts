import { SluiceError } from "../../errors.ts";
import type { Caller, JobAction, JobRequest, JobService } from "../../jobs/job-service.ts";
import type { Acceptance } from "../../jobs/store.ts";
import type { BatchResult } from "../../schema/api-batch.ts";
import type { Job } from "../../schema/api-job.ts";
import { defined } from "../../schema/defined.ts";
import type { StoredJob } from "../../schema/stored-job.ts";
import type { GatewayDeps } from "../call.ts";
import { IdempotencyKey, JobBody, toJobRequest } from "../contract/job-body.ts";
import * as contract from "../contract/job-operations.ts";
import type { mounter } from "../mount.ts";
import { parseInput } from "../parse-input.ts";
import { toProblem } from "../problem.ts";

/** Mounts what is done with jobs, but for their output. */
export function mountJobs(mount: ReturnType<typeof mounter>, { service }: GatewayDeps): void {
  mount(contract.submitJob, async ({ body }, { caller, headers, respond }) => {
    const key = headers.get("idempotency-key");
    const request = toJobRequest(
      body,
      key === null ? undefined : parseInput(IdempotencyKey, key, "header Idempotency-Key"),
    );
    const [answer] = await service.submit([request], caller);
    const { job, isNew } = accepted(answer);
    if (!isNew) respond.status = 200;
    respond.headers.set("location", `/v1/jobs/${encodeURIComponent(job.id)}`);
    return toJob(job);
  });

  mount(contract.submitJobs, async ({ body: { jobs } }, { caller }) => ({
    results: await submitBatch(service, jobs, caller),
  }));

  mount(contract.testJob, async ({ body }, { caller, signal }) => ({
    results: await service.test(toJobRequest(body), caller, signal),
  }));

  mount(contract.listJobs, async ({ query }, { caller }) => {
    const { cluster, state, label, from, before, fields, ...rest } = query;
    const listing = defined({
      ...rest,
      clusters: cluster,
      states: state,
      labels: label,
      acceptedFrom: from,
      acceptedBefore: before,
    });
    const { jobs, next } = await service.list(listing, caller);
    return defined({ jobs: jobs.map((job) => choose(toJob(job), fields)), next });
  });

  mount(contract.getJob, async ({ params: { id } }, { caller }) => toJob(await service.get(id, caller)));
  mount(contract.listTasks, async ({ params: { id } }, { caller }) => ({ tasks: await service.tasks(id, caller) }));
  mount(contract.getScript, async ({ params: { id } }, { caller }) => {
    const script = await service.script(id, caller);
    return new Response(Buffer.from(script), {
      headers: { "content-type": "text/plain", "cache-control": "private, no-cache" },
    });
  });
  mount(contract.explainJob, ({ params: { id } }, { caller, signal }) => service.explain(id, caller, signal));
  mount(contract.changeJob, async ({ params: { id }, body }, { caller, signal }) =>
    toJob(await service.change(id, defined(body), caller, signal)),
  );
  mount(contract.signalJob, async ({ params: { id }, body }, { caller, signal }) => {
    await service.signalJob(id, body.signal, caller, signal);
    return toJob(await service.get(id, caller));
  });

  const actions = [
    [contract.cancelJob, "cancel"],
    [contract.holdJob, "hold"],
    [contract.releaseJob, "release"],
    [contract.requeueJob, "requeue"],
    [contract.forgetJob, "forget"],
  ] as const satisfies readonly (readonly [unknown, JobAction])[];
  for (const [operation, action] of actions) {
    mount(operation, async ({ params: { id } }, { caller, signal }) =>
      toJob(await service.act(id, action, caller, signal)),
    );
  }
}

/** The job of an answer of the engine. Throws what hindered it. */
function accepted(answer: Acceptance | { readonly invalid: Error } | undefined): {
  readonly job: StoredJob;
  readonly isNew: boolean;
} {
  if (answer === undefined) throw new Error("the engine left a request without an answer");
  if ("invalid" in answer) throw answer.invalid;
  if (answer.conflict !== undefined) throw answer.conflict;
  return answer;
}

/** Checks each job for itself, hands those that can be read to the engine at once, and lays the answers side by side. */
async function submitBatch(
  service: JobService,
  jobs: readonly Readonly<Record<string, unknown>>[],
  caller: Caller,
): Promise<readonly BatchResult[]> {
  const read = jobs.map(({ idempotencyKey, ...body }): { request: JobRequest } | { error: SluiceError } => {
    try {
      const key =
        idempotencyKey === undefined ? undefined : parseInput(IdempotencyKey, idempotencyKey, "body idempotencyKey");
      return { request: toJobRequest(parseInput(JobBody, body, "body"), key) };
    } catch (error) {
      if (error instanceof SluiceError) return { error };
      throw error;
    }
  });
  const answers = (
    await service.submit(
      read.flatMap((one) => ("request" in one ? [one.request] : [])),
      caller,
    )
  ).values();
  return read.map((one): BatchResult => {
    try {
      if ("error" in one) throw one.error;
      const { job, isNew } = accepted(answers.next().value);
      return { job: toJob(job), isNew };
    } catch (error) {
      if (error instanceof SluiceError) return { problem: toProblem(error, "") };
      throw error;
    }
  });
}

/** The job as clients see it. */
export function toJob({ position: _position, ...job }: StoredJob): Job {
  return job;
}

function choose(job: Job, fields: readonly (keyof Job)[] | undefined): Partial<Job> & { readonly id: string } {
  if (fields === undefined) return job;
  const wanted: ReadonlySet<string> = new Set(["id", ...fields]);
  const chosen: Partial<Job> = Object.fromEntries(Object.entries(job).filter(([name]) => wanted.has(name)));
  return { ...chosen, id: job.id };
}
