import type { z } from "zod";
import { SluiceError } from "../errors.ts";
import * as clusterContract from "../gateway/contract/cluster-operations.ts";
import * as fileContract from "../gateway/contract/file-operations.ts";
import type { JobBodyInput } from "../gateway/contract/job-body.ts";
import * as contract from "../gateway/contract/job-operations.ts";
import { pathOf, type Operation, type OperationResult } from "../gateway/contract/operation.ts";
import type { BatchResult } from "../schema/api-batch.ts";
import type { ClusterView, QueueEntry } from "../schema/api-cluster.ts";
import type { NodeList, PartitionList } from "../schema/api-inventory.ts";
import { Job, type Explanation, type JobPage } from "../schema/api-job.ts";
import { isFinal } from "../schema/job-transitions.ts";
import type { StoredTask } from "../schema/stored-job.ts";
import {
  followEvents,
  followOutput,
  type EventQuery,
  type JobEvent,
  type OutputPiece,
  type OutputQuery,
} from "./follow.ts";
import { parseJson, queryText, Transport, type Asked, type TransportOptions } from "./transport.ts";

export type { JobBodyInput as JobBody } from "../gateway/contract/job-body.ts";
export type { Job, JobPage, Explanation } from "../schema/api-job.ts";
export type { BatchResult } from "../schema/api-batch.ts";
export type { ClusterView, QueueEntry } from "../schema/api-cluster.ts";
export type { NodeList, PartitionList } from "../schema/api-inventory.ts";
export type { EventQuery, JobEvent, OutputPiece, OutputQuery } from "./follow.ts";
export type { Fetch, TransportOptions as ClientOptions } from "./transport.ts";
export { SluiceError } from "../errors.ts";

/** Which jobs a listing has, as the query of `GET /v1/jobs`. */
export type JobQuery = Omit<z.input<(typeof contract.listJobs)["query"]>, "limit"> & { readonly limit?: number };
export type TestResult = z.output<(typeof contract.testJob)["result"]["json"]>["results"][number];

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/** How often a job that is waited for is looked at, though no event came. */
const lookEveryMs = 5_000;

/**
 * A client of the HTTP door.
 *
 * ```ts
 * const sluice = createClient({ url: "http://127.0.0.1:7373", token });
 * const job = await sluice.submit({ script: "#!/bin/sh\nhostname\n", nodes: 2 });
 * for await (const { bytes } of sluice.output(job.id, { follow: true })) process.stdout.write(bytes);
 * ```
 *
 * Failures are `SluiceError`s with the code that they had at the gateway. What may be tried again is tried again; a submit
 * has one idempotency key through all its tries, so it makes one job.
 */
export interface Client {
  submit(body: JobBodyInput, options?: Options & { readonly idempotencyKey?: string | undefined }): Promise<Job>;
  /** Up to 1,000 jobs, a result for each. */
  submitAll(
    jobs: readonly (JobBodyInput & { readonly idempotencyKey?: string })[],
    options?: Options,
  ): Promise<readonly BatchResult[]>;
  test(body: JobBodyInput, options?: Options): Promise<readonly TestResult[]>;
  page(query?: JobQuery, options?: Options): Promise<JobPage>;
  /** All jobs of a listing, page by page as they are read. */
  jobs(query?: Omit<JobQuery, "fields" | "cursor">, options?: Options): AsyncIterable<Job>;
  job(id: string, options?: Options): Promise<Job>;
  tasks(id: string, options?: Options): Promise<readonly StoredTask[]>;
  script(id: string, options?: Options): Promise<Uint8Array>;
  explain(id: string, options?: Options): Promise<Explanation>;
  cancel(id: string, options?: Options): Promise<Job>;
  hold(id: string, options?: Options): Promise<Job>;
  release(id: string, options?: Options): Promise<Job>;
  requeue(id: string, options?: Options): Promise<Job>;
  /** Removes the folder of a job that has ended; what is known of the job stays. */
  forget(id: string, options?: Options): Promise<Job>;
  signal(id: string, name: string, options?: Options): Promise<Job>;
  change(id: string, change: { timeLimit?: string; priority?: number }, options?: Options): Promise<Job>;
  /** Goes on where it was cut off. */
  output(id: string, query?: OutputQuery, options?: Options): AsyncIterable<OutputPiece>;
  /** A file that the job has left in the folder `files` of its own folder; `undefined` where there is none of that name. */
  jobFile(id: string, name: string, options?: Options): Promise<Uint8Array | undefined>;
  /** Goes on where it was cut off, until the signal aborts. */
  events(query?: EventQuery, options?: Options): AsyncIterable<JobEvent>;
  /** Resolves when the job has ended, or is as `until` wants it. */
  wait(id: string, options?: Options & { readonly until?: (job: Job) => boolean }): Promise<Job>;
  queue(query?: { cluster?: string; user?: string }, options?: Options): Promise<readonly QueueEntry[]>;
  clusters(options?: Options): Promise<readonly ClusterView[]>;
  cluster(name: string, options?: Options): Promise<ClusterView>;
  nodes(cluster: string, query?: { partition?: string; state?: string }, options?: Options): Promise<NodeList>;
  partitions(cluster: string, options?: Options): Promise<PartitionList>;
  /** Puts content, up to 64 MiB, where your jobs on that cluster find it; gives its absolute path there. */
  keepFile(cluster: string, sha256: string, bytes: Uint8Array, options?: Options): Promise<string>;
  /** The absolute path of content that is kept there; `undefined` where it has to be sent. */
  keptFile(cluster: string, sha256: string, options?: Options): Promise<string | undefined>;
}

/** Opens nothing: each call makes its own requests. */
export function createClient(settings: TransportOptions): Client {
  const transport = new Transport(settings);

  async function call<Schema extends z.ZodType>(
    operation: Pick<Operation, "method" | "path"> & { readonly result: OperationResult & { readonly json: Schema } },
    {
      params = {},
      query = {},
      ...asked
    }: Omit<Asked, "method" | "path"> & {
      readonly params?: Readonly<Record<string, string>>;
      readonly query?: object;
    } = {},
  ): Promise<z.output<Schema>> {
    const path = `${pathOf(operation, params)}${queryText(query)}`;
    const bytes = await transport.ask({ method: operation.method.toUpperCase(), path, ...asked });
    const parsed = operation.result.json.safeParse(parseJson(new TextDecoder().decode(bytes)));
    if (parsed.success) return parsed.data;
    throw new SluiceError("REPLY_UNREADABLE", `the gateway's answer to ${path} has another shape than the contract`, {
      cause: parsed.error,
    });
  }

  const act =
    (operation: typeof contract.cancelJob) =>
    (id: string, { signal }: Options = {}): Promise<Job> =>
      call(operation, { params: { id }, signal });

  const page: Client["page"] = (query = {}, { signal } = {}) => call(contract.listJobs, { query, signal });

  return {
    submit: (body, { idempotencyKey = crypto.randomUUID(), signal } = {}) =>
      call(contract.submitJob, { body, headers: { "idempotency-key": idempotencyKey }, signal }),
    async submitAll(jobs, { signal } = {}) {
      const keyed = jobs.map((job) => ({ ...job, idempotencyKey: job.idempotencyKey ?? crypto.randomUUID() }));
      return (await call(contract.submitJobs, { body: { jobs: keyed }, signal })).results;
    },
    test: async (body, { signal } = {}) => (await call(contract.testJob, { body, signal })).results,
    page,
    async *jobs(query = {}, options = {}) {
      for (let cursor: string | undefined; ;) {
        const { jobs, next } = await page({ ...query, ...(cursor !== undefined && { cursor }) }, options);
        for (const job of jobs) yield Job.parse(job);
        if (next === undefined) return;
        cursor = next;
      }
    },
    job: (id, { signal } = {}) => call(contract.getJob, { params: { id }, signal }),
    tasks: async (id, { signal } = {}) => (await call(contract.listTasks, { params: { id }, signal })).tasks,
    script: (id, { signal } = {}) => transport.ask({ method: "GET", path: pathOf(contract.getScript, { id }), signal }),
    explain: (id, { signal } = {}) => call(contract.explainJob, { params: { id }, signal }),
    cancel: act(contract.cancelJob),
    hold: act(contract.holdJob),
    release: act(contract.releaseJob),
    requeue: act(contract.requeueJob),
    forget: act(contract.forgetJob),
    signal: (id, name, { signal } = {}) =>
      call(contract.signalJob, { params: { id }, body: { signal: name }, signal, once: true }),
    change: (id, change, { signal } = {}) => call(contract.changeJob, { params: { id }, body: change, signal }),
    output: (id, query = {}, { signal } = {}) => followOutput(transport, id, query, signal),
    jobFile: (id, name, { signal } = {}) =>
      unlessNotFound(transport.ask({ method: "GET", path: pathOf(fileContract.readJobFile, { id, name }), signal })),
    events: (query = {}, { signal } = {}) => followEvents(transport, query, signal),
    async wait(id, { signal, until = ({ state }: Job) => isFinal(state) } = {}) {
      const stop = new AbortController();
      const ended = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]);
      const events = followEvents(transport, { job: id }, ended)[Symbol.asyncIterator]();
      const nextEvent = (): ReturnType<typeof events.next> => {
        const next = events.next();
        // Heard of below, unless this has ended before.
        next.catch(() => {});
        return next;
      };
      try {
        let event = nextEvent();
        for (;;) {
          const job = await call(contract.getJob, { params: { id }, signal });
          if (until(job)) return job;
          const look = new AbortController();
          const later = AbortSignal.any([look.signal, ended]);
          const news = await Promise.race([event, transport.sleep(lookEveryMs, later)]).finally(() => look.abort());
          if (news !== undefined) event = nextEvent();
        }
      } finally {
        stop.abort();
      }
    },
    queue: async (query = {}, { signal } = {}) => (await call(clusterContract.listQueue, { query, signal })).queue,
    clusters: async ({ signal } = {}) => (await call(clusterContract.listClusters, { signal })).clusters,
    cluster: (cluster, { signal } = {}) => call(clusterContract.getCluster, { params: { cluster }, signal }),
    nodes: (cluster, query = {}, { signal } = {}) =>
      call(clusterContract.listNodes, { params: { cluster }, query, signal }),
    partitions: (cluster, { signal } = {}) => call(clusterContract.listPartitions, { params: { cluster }, signal }),
    keepFile: async (cluster, sha256, bytes, { signal } = {}) =>
      (await call(fileContract.keepFile, { params: { cluster, sha256 }, bytes, signal })).path,
    keptFile: async (cluster, sha256, { signal } = {}) =>
      (await unlessNotFound(call(fileContract.findKeptFile, { params: { cluster, sha256 }, signal })))?.path,
  };
}

/** `undefined` for a file that is not there. */
async function unlessNotFound<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof SluiceError && error.code === "FILE_NOT_FOUND") return undefined;
    throw error;
  }
}
