import type { PartitionView } from "../schema/api-inventory.ts";
import type { ClusterNode } from "../schema/cluster-inventory.ts";
import type { JobDependency, StoredJob, StoredTask } from "../schema/stored-job.ts";
import type { StoredEvent, StoredEventType } from "../schema/stored-event.ts";
import type { Capability, KeptFile } from "./cluster.ts";
import type { Acceptance, JobListing, JobPage } from "./store.ts";

/** On whose behalf something is asked. Operators see and touch every job, others their own alone. */
export interface Caller {
  readonly subject: string;
  readonly role: "viewer" | "user" | "operator" | "admin";
  /** Whether it is known to be the Unix user who runs this process, by more than the subject's name. */
  readonly isLocal?: boolean;
  /** All variables of a caller on this machine, from which its jobs are submitted. They may hold secrets. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** An event, or word that events up to that number are gone. */
export type Followed = StoredEvent | { readonly missed: true; readonly seq: number };

/** One job as a client asks for it, checked as far as that can be without its cluster. */
export interface JobRequest {
  /** The one cluster that there is, or the configured default, where absent. */
  readonly cluster?: string;
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** The batch script; or a command, for which one is written. */
  readonly script?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly workDirectory?: string;
  /** sbatch's long options in camelCase: `{ nodes: "2", exclusive: true }`; what the script says stands unless it is said here. */
  readonly options?: Readonly<Record<string, string | number | boolean>>;
  readonly dependencies?: { readonly needs: "all" | "any"; readonly on: readonly JobDependency[] };
  readonly idempotencyKey?: string;
}

/** What a dry run on one cluster says. */
export interface TestResult {
  readonly cluster: string;
  readonly accepted: boolean;
  /** The scheduler's own words. */
  readonly message: string;
  /** ISO 8601: when the job would start. */
  readonly startAt?: string;
  readonly nodes?: string;
}

/** Why a job is where it is, in words, with the evidence. */
export interface Explanation {
  readonly summary: string;
  /** What it waits for or what happened, each with the scheduler's own word for it. */
  readonly findings: readonly { readonly what: string; readonly evidence: string; readonly remedy?: string }[];
  /** ISO 8601: when the scheduler expects to start it. */
  readonly expectedStart?: string;
}

export type JobAction = "cancel" | "hold" | "release" | "requeue" | "forget";

export interface JobChange {
  /** As sbatch's --time. */
  readonly timeLimit?: string;
  readonly priority?: number;
}

export interface OutputRequest {
  readonly stream: "stdout" | "stderr";
  /** A task of an array. */
  readonly task?: number;
  /** Bytes from the start. */
  readonly offset?: number;
  /** The last so many lines, instead of an offset. */
  readonly tailLines?: number;
  /** Go on until the job has ended and everything was read. */
  readonly follow: boolean;
}

export interface OutputBytes {
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Of the file: tasks of an array may share one. */
  readonly path?: string;
}

/** A file that a job has left. */
export interface JobFile {
  /** In bytes. */
  readonly size: number;
  /** Its content from the start. Throws `FILE_UNREADABLE` where the file is another one meanwhile. */
  pieces(signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** How a cluster does. */
export interface ClusterHealth {
  readonly name: string;
  readonly kind: string;
  /** What it can do beyond running one script on one host, where that is known. */
  readonly capabilities?: readonly Capability[];
  /** `unknown` until it was asked for the first time. */
  readonly status: "up" | "unreachable" | "unknown";
  /** What stands in the way: the hop that failed, in words. */
  readonly message?: string;
  /** The error's code. */
  readonly code?: string;
  /** ISO 8601 */
  readonly lastAnswer?: string;
  readonly pollSeconds: number;
  /** Set for the one that takes jobs where none is named. */
  readonly isDefault?: boolean;
  /** Set where it is reached over a network, so that folders of Sluice's machine are not there. */
  readonly isRemote?: boolean;
}

/** One row of a cluster's queue, whoever's it is, as of the last poll. */
export interface QueueRow {
  readonly cluster: string;
  readonly nativeId: string;
  /** Sluice's id, where it is a job of Sluice's. */
  readonly jobId?: string;
  readonly name: string;
  readonly user: string;
  readonly partition: string;
  readonly state: string;
  readonly reason?: string;
  readonly nodes?: string;
  readonly submittedAt?: string;
  readonly startedAt?: string;
}

/** What a cluster consists of, and what of it is free. */
export interface CountedInventory {
  /** ISO 8601: when the cluster said so. */
  readonly asOf: string;
  /** Whether the cluster was asked since and has not answered, and why not. */
  readonly stale: boolean;
  readonly message?: string;
  readonly nodes: readonly ClusterNode[];
  readonly partitions: readonly PartitionView[];
}

/**
 * What doors may ask for. Throws `JOB_NOT_FOUND` for a job that the caller may not see as for one that is not there,
 * `CLUSTER_NOT_FOUND`, `INPUT_INVALID`, `SCRIPT_INVALID`, `SUBMIT_REJECTED`, `CLUSTER_UNREACHABLE`, `STORE_UNAVAILABLE`.
 */
export interface JobService {
  /** Stores the jobs before anything else; one answer per request, in order. A request that is wrong does not hinder others. */
  submit(
    requests: readonly JobRequest[],
    caller: Caller,
  ): Promise<readonly (Acceptance | { readonly invalid: Error })[]>;
  /** Asks schedulers without submitting: one cluster, or all that could take it. */
  test(request: JobRequest, caller: Caller, signal: AbortSignal): Promise<readonly TestResult[]>;
  list(listing: JobListing, caller: Caller): Promise<JobPage>;
  get(jobId: string, caller: Caller): Promise<StoredJob>;
  tasks(jobId: string, caller: Caller): Promise<readonly StoredTask[]>;
  script(jobId: string, caller: Caller): Promise<Uint8Array>;
  explain(jobId: string, caller: Caller, signal: AbortSignal): Promise<Explanation>;
  /** Each may be asked for twice. */
  act(jobId: string, action: JobAction, caller: Caller, signal: AbortSignal): Promise<StoredJob>;
  signalJob(jobId: string, signalName: string, caller: Caller, signal: AbortSignal): Promise<void>;
  change(jobId: string, change: JobChange, caller: Caller, signal: AbortSignal): Promise<StoredJob>;
  output(jobId: string, request: OutputRequest, caller: Caller, signal: AbortSignal): AsyncIterable<OutputBytes>;
  /** A file of the folder `files` of the job's own folder; `undefined` where there is none of that name. */
  jobFile(jobId: string, name: string, caller: Caller, signal: AbortSignal): Promise<JobFile | undefined>;
  /** Puts content where jobs of the caller find it on that cluster, as `Cluster.keepFile`; gives its absolute path. */
  keepFile(cluster: string, file: KeptFile, caller: Caller, signal: AbortSignal): Promise<string>;
  /** The absolute path of content that jobs of the caller find on that cluster; `undefined` where it is not there. */
  keptFile(cluster: string, sha256: string, caller: Caller, signal: AbortSignal): Promise<string | undefined>;
  /** The number of the latest event: whoever follows from it on loses none. */
  lastEvent(): Promise<number>;
  /** Events after that number as they happen, until the signal aborts; `missed` where some after it are gone. */
  events(
    after: number | undefined,
    filter: {
      readonly jobId?: string;
      readonly clusters?: readonly string[];
      readonly types?: readonly StoredEventType[];
    },
    caller: Caller,
    signal: AbortSignal,
  ): AsyncIterable<Followed>;
  queue(filter: { readonly cluster?: string; readonly user?: string }, caller: Caller): Promise<readonly QueueRow[]>;
  clusters(): Promise<readonly ClusterHealth[]>;
  /** A cluster's nodes and partitions; however many read them, the cluster is asked every ten seconds at most. */
  inventory(cluster: string, signal: AbortSignal): Promise<CountedInventory>;
}

/** The service with its loops: dispatchers and pollers, one of each per cluster that this process holds the lease of. */
export interface Engine extends JobService, AsyncDisposable {
  /** Starts the loops of all clusters, those that come later too, or of these alone; they end with the engine. */
  start(clusters?: readonly string[]): void;
}
