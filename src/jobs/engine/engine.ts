import { SluiceError } from "../../errors.ts";
import type { StoredJob, StoredTask } from "../../schema/stored-job.ts";
import type { Clock } from "../clock.ts";
import type { ClusterDirectory } from "../cluster-directory.ts";
import type { Caller, ClusterHealth, Engine, JobRequest, JobService, QueueRow } from "../job-service.ts";
import type { Acceptance, JobStore, NewJob } from "../store.ts";
import { readRequest, toNewJob } from "./accept-request.ts";
import { requireJob, seesAll } from "./access.ts";
import { Bell } from "./bell.ts";
import type { ClusterLoop } from "./cluster-loop.ts";
import { keepFile, keptFile, openJobFile } from "./cluster-files.ts";
import { ClusterLoops } from "./cluster-loops.ts";
import { checkDependencies } from "./dependencies.ts";
import { EventHub } from "./event-hub.ts";
import { explain } from "./evidence.ts";
import { actOn, changeJob, signalJob } from "./job-actions.ts";
import { newId } from "../../schema/new-id.ts";
import type { PollPace } from "./owned-cluster.ts";
import { isEnd, readOutput } from "./read-output.ts";
import { untold, type Steps } from "./steps.ts";
import { testRequest } from "./test-request.ts";
import { withAccount } from "./with-account.ts";

export interface EngineDeps {
  /** Closed by whoever opened it. */
  readonly store: JobStore;
  readonly directory: ClusterDirectory;
  readonly clock: Clock;
  /** Names this process among all that share the store, for good. */
  readonly holder: string;
  /** How long a cluster's lease lasts that nobody renews; 10 s where absent. */
  readonly leaseMs?: number;
  /** Whether the process of that name is known to be dead; that is never known where absent. */
  readonly isDead?: (holder: string) => boolean;
  /** How soon queues are looked at again; after 250 ms to 5 s where absent. */
  readonly pace?: PollPace;
  readonly steps?: Steps;
  /** Told of what nobody has asked for and went wrong. */
  readonly report?: (error: unknown) => void;
}

/** What the parts of the engine that answer doors have in common. */
export interface ServiceDeps {
  readonly store: JobStore;
  readonly clock: Clock;
  readonly loops: ClusterLoops;
  readonly directory: ClusterDirectory;
  readonly steps: Steps;
}

const defaultPace: PollPace = { moving: 250, quiet: 5_000, share: 0.2 };

/** The service over a store and the clusters that there are. Its loops run from `start` on, until it is disposed of. */
export function createEngine(options: EngineDeps): Engine {
  const { store, directory, clock, holder, leaseMs = 10_000, steps = untold, report = () => {} } = options;
  const { isDead = () => false, pace = defaultPace } = options;
  const loops = new ClusterLoops({ store, directory, clock, holder, leaseMs, isDead, pace, steps, report });
  const hub = new EventHub(store, clock);
  const deps: ServiceDeps = { store, clock, loops, directory, steps };
  let listening: Disposable | undefined;

  const service: JobService = {
    submit: (requests, caller) => submit(deps, requests, caller),
    test: (request, caller, signal) => testRequest(deps, request, caller, signal),
    async list(listing, caller) {
      if (seesAll(caller)) return store.list(listing);
      // Of somebody else's jobs there are none to be seen, not one's own instead.
      if ((listing.owner ?? caller.subject) !== caller.subject) return { jobs: [] };
      return store.list({ ...listing, owner: caller.subject });
    },
    get: (jobId, caller) => requireJob(store, jobId, caller),
    async tasks(jobId, caller) {
      const job = await requireJob(store, jobId, caller);
      return withUnseen(job, await store.tasksOf(jobId));
    },
    async script(jobId, caller) {
      await requireJob(store, jobId, caller);
      const submission = await store.submissionOf(jobId);
      return Buffer.from(submission?.script ?? "", "base64");
    },
    explain: async (jobId, caller, signal) => explain(deps, await requireJob(store, jobId, caller), signal),
    act: async (jobId, action, caller, signal) => actOn(deps, await requireJob(store, jobId, caller), action, signal),
    signalJob: async (jobId, name, caller, signal) =>
      signalJob(deps, await requireJob(store, jobId, caller), name, signal),
    change: async (jobId, change, caller, signal) =>
      changeJob(deps, await requireJob(store, jobId, caller), change, signal),
    async *output(jobId, request, caller, signal) {
      const first = await requireJob(store, jobId, caller);
      const source = {
        clock,
        job: () => store.get(jobId),
        tasks: () => store.tasksOf(jobId),
        cluster: async () => (await loops.ofJob(first)).cluster(signal),
        files: async () => (await loops.ofJob(first)).files(),
        end: new Bell(),
      };
      using _listening = hub.listen((events) => {
        if (events.some((event) => isEnd(event, jobId, request))) source.end.ring();
      });
      yield* readOutput(source, request, signal);
    },
    async jobFile(jobId, name, caller, signal) {
      const job = await requireJob(store, jobId, caller);
      return openJobFile({ job, name, files: async () => (await loops.ofJob(job)).files() }, signal);
    },
    keepFile: (cluster, file, caller, signal) => keepFile(deps, { cluster, caller, ...file }, signal),
    keptFile: (cluster, sha256, caller, signal) => keptFile(deps, { cluster, caller, sha256 }, signal),
    lastEvent: () => hub.last(),
    events: (after, filter, caller, signal) =>
      hub.follow(after, seesAll(caller) ? filter : { ...filter, owner: caller.subject }, signal),
    queue: (filter) => queueRows(loops, filter),
    async clusters() {
      await loops.refresh();
      // A default that cannot be told is told to who submits without a cluster.
      const byDefault = await directory.defaultName().catch(() => undefined);
      return loops.all().map((loop) => toHealth(loop, byDefault));
    },
    inventory: async (cluster, signal) => (await loops.require(cluster)).inventory.read(signal),
  };

  return {
    ...service,
    start(clusters) {
      listening ??= hub.listen((events) => {
        for (const event of events) loops.known(event.cluster)?.hear(event);
      });
      loops.start(clusters);
    },
    async [Symbol.asyncDispose]() {
      listening?.[Symbol.dispose]();
      await Promise.all([loops[Symbol.asyncDispose](), hub[Symbol.asyncDispose]()]);
    },
  };
}

async function submit(
  deps: ServiceDeps,
  requests: readonly JobRequest[],
  caller: Caller,
): Promise<readonly (Acceptance | { readonly invalid: Error })[]> {
  const answers: (Acceptance | { readonly invalid: Error } | undefined)[] = [];
  const jobs: { readonly at: number; readonly job: NewJob }[] = [];
  for (const [at, request] of requests.entries()) {
    try {
      jobs.push({ at, job: await read(deps, request, caller) });
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code === "STORE_UNAVAILABLE") throw error;
      answers[at] = { invalid: error };
    }
  }
  const accepted = jobs.length === 0 ? [] : await deps.store.accept(jobs.map(({ job }) => job));
  deps.steps.reached("job-stored");
  for (const [index, { at }] of jobs.entries()) answers[at] = accepted[index];
  return answers.filter((answer) => answer !== undefined);
}

async function read(
  { store, loops, directory, clock }: ServiceDeps,
  request: JobRequest,
  caller: Caller,
): Promise<NewJob> {
  const cluster = request.cluster ?? (await directory.defaultName());
  if (cluster === undefined) {
    throw new SluiceError("INPUT_INVALID", "cluster: there are several and no default; say which", {
      details: { field: "cluster" },
    });
  }
  const { listed } = await loops.require(cluster);
  const runAs = (await directory.runAs?.(cluster, caller)) ?? {};
  const content = readRequest(request);
  // Variables of a person mean nothing to another one, or on another machine.
  const isOwn = listed.isRemote !== true && (runAs.user === undefined || runAs.user === caller.subject);
  const submission = {
    ...withAccount(content.submission, runAs),
    ...(isOwn && caller.environment !== undefined && { callerEnvironment: caller.environment }),
  };
  await checkDependencies(content.submission, cluster, async (jobId) => {
    const job = await store.get(jobId);
    return job !== undefined && (seesAll(caller) || job.owner === caller.subject) ? job : undefined;
  });
  const { user } = runAs;
  return {
    ...toNewJob(request, { ...content, submission }, { id: newId(clock.now()), cluster, owner: caller.subject }),
    ...(user !== undefined && { user }),
  };
}

/** Tasks of an array that the cluster has not shown one by one wait, as the array does. */
function withUnseen(job: StoredJob, seen: readonly StoredTask[]): readonly StoredTask[] {
  const { tasks: numbers, nativeId } = job;
  if (numbers === undefined || nativeId === undefined || seen.length >= numbers.length) return seen;
  const known = new Map(seen.map((task) => [task.nativeId, task]));
  const held = job.state === "held";
  return numbers.map(
    (task): StoredTask =>
      known.get(`${nativeId}_${task}`) ?? {
        jobId: job.id,
        nativeId: `${nativeId}_${task}`,
        state: held ? "held" : "pending",
        rawState: "PENDING",
        updatedAt: job.updatedAt,
        restarts: 0,
        ...(job.submittedAt !== undefined && { submittedAt: job.submittedAt }),
      },
  );
}

async function queueRows(
  loops: ClusterLoops,
  { cluster, user }: { readonly cluster?: string; readonly user?: string },
): Promise<readonly QueueRow[]> {
  if (cluster === undefined) await loops.refresh();
  const chosen = cluster === undefined ? loops.all() : [await loops.require(cluster)];
  // One that does not answer shows nothing; its health says why.
  const queues = await Promise.all(
    chosen.map(async (loop) => {
      const queue = await loop.queue(AbortSignal.timeout(30_000)).catch((error: unknown) => {
        if (cluster !== undefined) throw error;
        return [];
      });
      return queue
        .filter((row) => user === undefined || row.user === user)
        .map((row): QueueRow => ({
          cluster: loop.listed.name,
          nativeId: row.nativeId,
          ...(row.jobId !== undefined && { jobId: row.jobId }),
          name: row.name ?? "",
          user: row.user,
          partition: row.partition ?? "",
          state: row.state,
          ...(row.reason !== undefined && { reason: row.reason }),
          ...(row.nodes !== undefined && { nodes: row.nodes }),
          ...(row.submittedAt !== undefined && { submittedAt: row.submittedAt }),
          ...(row.startedAt !== undefined && { startedAt: row.startedAt }),
        }));
    }),
  );
  return queues.flat();
}

function toHealth({ listed, health }: ClusterLoop, byDefault: string | undefined): ClusterHealth {
  const { message = health.message ?? health.submitProblem, code = health.code } = listed.problem ?? {};
  return {
    name: listed.name,
    kind: listed.kind,
    ...(listed.capabilities !== undefined && { capabilities: listed.capabilities }),
    // What was learnt without asking it counts once it has been asked, and its jobs have been marked.
    status: listed.problem === undefined || health.status === "unknown" ? health.status : "unreachable",
    ...(listed.name === byDefault && { isDefault: true }),
    ...(listed.isRemote === true && { isRemote: true }),
    ...(message !== undefined && { message }),
    ...(code !== undefined && { code }),
    ...(health.lastAnswer !== undefined && { lastAnswer: health.lastAnswer }),
    pollSeconds: health.pollMs / 1000,
  };
}
