import { SluiceError } from "../../errors.ts";
import type {
  Cluster,
  EvidenceRequest,
  Finding,
  KeptFile,
  OutputFile,
  Settlement,
  SubmitRequest,
  SubmittedJob,
} from "../cluster.ts";

/** Something of a job, with the Unix user as whom the job runs; the one that Sluice itself is there where `undefined`. */
export type OfUser<T> = T & { readonly user: string | undefined };

/**
 * A cluster whose jobs run as several Unix users. What concerns a job is asked for as its user, and its files are read and
 * written as its user; the queue, which is one for all, is looked at as Sluice itself.
 */
export interface UsersCluster extends Omit<Cluster, keyof WorkOnJobs | "submit" | "observe">, WorkOnJobs {}

interface WorkOnJobs {
  /** All of one user. */
  submitAll(
    user: string | undefined,
    requests: readonly SubmitRequest[],
    signal: AbortSignal,
  ): ReturnType<Cluster["submitAll"]>;
  find(job: OfUser<{ readonly jobId: string }>, ...rest: After<"find">): ReturnType<Cluster["find"]>;
  /** As of a cluster; jobs of a user as whom nothing can be asked are left out, and go on being unknown. */
  settle(jobs: readonly OfUser<SubmittedJob>[], signal: AbortSignal): ReturnType<Cluster["settle"]>;
  control(job: OfUser<SubmittedJob>, ...rest: After<"control">): Promise<void>;
  signalJob(job: OfUser<SubmittedJob>, ...rest: After<"signalJob">): Promise<void>;
  change(job: OfUser<SubmittedJob>, ...rest: After<"change">): Promise<void>;
  /** Nothing where the cluster has nothing to add. */
  evidence(job: OfUser<SubmittedJob>, request: EvidenceRequest, signal: AbortSignal): Promise<readonly Finding[]>;
  cancel(job: OfUser<SubmittedJob>, signal: AbortSignal): Promise<void>;
  forget(job: OfUser<SubmittedJob>, signal: AbortSignal): Promise<void>;
  test(request: OfUser<SubmitRequest>, signal: AbortSignal): ReturnType<Cluster["test"]>;
  outputs(job: OfUser<SubmittedJob>, ...rest: After<"outputs">): Promise<readonly OfUser<OutputFile>[]>;
  readOutput(file: OfUser<OutputFile>, ...rest: After<"readOutput">): ReturnType<Cluster["readOutput"]>;
  /** In the folder of that user. */
  keepFile(file: OfUser<KeptFile>, signal: AbortSignal): Promise<string>;
  keptFile(file: OfUser<Pick<KeptFile, "sha256">>, signal: AbortSignal): Promise<string | undefined>;
  readJobFile(job: OfUser<SubmittedJob>, ...rest: After<"readJobFile">): ReturnType<Cluster["readJobFile"]>;
}

/** What a method of a cluster takes after the job. */
type After<Method extends "find" | "control" | "signalJob" | "change" | "outputs" | "readOutput" | "readJobFile"> =
  Parameters<Cluster[Method]> extends [unknown, ...infer Rest] ? Rest : never;

/** `own` is the cluster as Sluice itself reaches it; `as` opens it as another user, once for each. */
export function usersCluster(own: Cluster, as: (user: string) => Promise<Cluster>): UsersCluster {
  const of = async ({ user }: OfUser<unknown>): Promise<Cluster> => (user === undefined ? own : as(user));
  return {
    ...own,
    async submitAll(user, requests, signal) {
      try {
        return await (await of({ user })).submitAll(requests, signal);
      } catch (error) {
        return requests.map(() => ({ error }));
      }
    },
    find: async (job, ...rest) => (await of(job)).find(job.jobId, ...rest),
    async settle(jobs, signal) {
      const settled = new Map<string, Settlement>();
      const settleAs = async (user: string | undefined, some: readonly SubmittedJob[]): Promise<void> => {
        try {
          for (const [id, settlement] of await (await of({ user })).settle(some, signal)) settled.set(id, settlement);
        } catch (error) {
          if (user === undefined || !(error instanceof SluiceError)) throw error;
        }
      };
      await Promise.all([...byUser(jobs, ({ user }) => user)].map(([user, some]) => settleAs(user, some)));
      return settled;
    },
    control: async (job, ...rest) => (await of(job)).control(job, ...rest),
    signalJob: async (job, ...rest) => (await of(job)).signalJob(job, ...rest),
    change: async (job, ...rest) => (await of(job)).change(job, ...rest),
    evidence: async (job, ...rest) => (await (await of(job)).evidence?.(job, ...rest)) ?? [],
    cancel: async (job, signal) => (await of(job)).cancel(job, signal),
    forget: async (job, signal) => (await of(job)).forget(job, signal),
    test: async (request, signal) => (await of(request)).test(request, signal),
    async outputs(job, ...rest) {
      const { user } = job;
      return (await (await of(job)).outputs(job, ...rest)).map((file) => ({ ...file, user }));
    },
    readOutput: async (file, ...rest) => (await of(file)).readOutput(file, ...rest),
    keepFile: async (file, signal) => (await of(file)).keepFile(file, signal),
    keptFile: async (file, signal) => (await of(file)).keptFile(file.sha256, signal),
    readJobFile: async (job, ...rest) => (await of(job)).readJobFile(job, ...rest),
  };
}

/** The same things, those of each user together, in their order. */
export function byUser<T>(
  things: readonly T[],
  userOf: (thing: T) => string | undefined,
): ReadonlyMap<string | undefined, readonly T[]> {
  const groups = new Map<string | undefined, T[]>();
  for (const thing of things) {
    const user = userOf(thing);
    const group = groups.get(user);
    if (group === undefined) groups.set(user, [thing]);
    else group.push(thing);
  }
  return groups;
}
