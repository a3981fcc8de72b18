import type { ClusterInventory } from "../schema/cluster-inventory.ts";
import type { JobObservation, JobState } from "../schema/job.ts";
import type { Freshness } from "../schema/stored-job.ts";
import type { FileRange, FileSlice } from "./runner.ts";

/** What a kind of cluster can do beyond running one script on one host. */
export const capabilities = ["arrays", "multi-node", "gpus", "dependencies", "holds", "accounting"] as const;
export type Capability = (typeof capabilities)[number];

/** One submission, ready to go. */
export interface SubmitRequest {
  /** Sluice's own id (ULID), known before the scheduler hears of the job. */
  readonly jobId: string;
  /** Higher for each time that the job is submitted; 1 where absent. See `find`. */
  readonly attempt?: number;
  /** The user's script, byte for byte. */
  readonly script: Uint8Array;
  /** Arguments of the script. */
  readonly args: readonly string[];
  /** What the job is called where the user gave no `--job-name`. */
  readonly name: string;
  /** sbatch's options from the command line, one argument each: `--nodes=2`, `--exclusive`. */
  readonly options: readonly string[];
  /** Absolute path: where the job starts unless its options say otherwise; the job's own folder where absent. */
  readonly workDirectory?: string;
  /** Variables of the script and all that it starts, over those that it would have anyway. */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * All variables of who asked for the job, where that is a process beside the cluster: the job is submitted as if from
   * there. From the environment of the process that submits it where absent. It may hold secrets.
   */
  readonly callerEnvironment?: Readonly<Record<string, string>>;
}

/** A job that the scheduler has taken. */
export interface SubmittedJob {
  readonly jobId: string;
  /** `123`; for an array the number of the whole. */
  readonly nativeId: string;
  /** The job's own folder on the cluster: script, receipts, and output where the user set no file for it. */
  readonly directory: string;
  /** The tasks of an array, ascending; absent for a job that is none. */
  readonly tasks?: readonly number[];
}

/** One output file of one job or task. */
export interface OutputFile {
  readonly stream: "stdout" | "stderr";
  readonly path: string;
  /** The native id it belongs to: `123`, or `123_4`. */
  readonly nativeId: string;
}

/** Content that jobs need, by its hash. */
export interface KeptFile {
  /** Of the bytes: 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  readonly bytes: Uint8Array;
}

/** A job, a task of an array, or tasks that wait together, as the queue shows it to whoever looks. */
export interface QueueEntry extends JobObservation {
  /** The job that it belongs to: `12` of `12_3`, `12_[4-9%2]` and `12+1`. */
  readonly jobNativeId: string;
  /** Sluice's own id, where the path of its script says that it is a job of Sluice's; anybody can give a script such a path. */
  readonly jobId?: string;
  /** Tasks of a job of Sluice's that wait together. */
  readonly waitingTasks?: readonly number[];
  readonly user: string;
  readonly account?: string;
  readonly qos?: string;
  /** What it waits for, in the scheduler's notation. */
  readonly dependency?: string;
  /** ISO 8601: when the scheduler expects to start a job that waits. */
  readonly expectedStart?: string;
  readonly priority?: number;
}

/** What became of a job that the queue does not list any more. */
export type Settlement =
  /** What is known of its tasks; those of which nothing is known are left out. */
  | { readonly known: readonly JobObservation[] }
  /** The cluster keeps jobs from those who do not own them, so that nothing can be said. */
  | { readonly hidden: true };

/** Changes that a job takes while the scheduler has it. */
export type ControlVerb = "hold" | "release" | "requeue";

export interface JobLimits {
  /** As sbatch's --time. */
  readonly timeLimit?: string;
  readonly priority?: number;
}

/** What a dry run says. */
export interface TestAnswer {
  readonly accepted: boolean;
  /** The scheduler's own words. */
  readonly message: string;
  /** ISO 8601: when the job would start. */
  readonly startAt?: string;
  /** A hostlist. */
  readonly nodes?: string;
}

/** Something that bears on why a job is where it is. */
export interface Finding {
  readonly what: string;
  /** The scheduler's own word for it. */
  readonly evidence: string;
  /** What would help. */
  readonly remedy?: string;
}

/** A job that wants explaining. */
export interface EvidenceRequest {
  readonly state: JobState;
  readonly freshness: Freshness;
  /** The scheduler's reasons for its waiting, as it writes them. */
  readonly reasons: readonly string[];
  /** The cluster's nodes and partitions as they were lately, where they are known. */
  readonly inventory?: ClusterInventory;
}

/** How many requests a cluster likes: a full bucket of `burst`, and `perSecond` more each second. */
export interface RequestBudget {
  readonly burst: number;
  readonly perSecond: number;
}

/**
 * Something that accepts jobs. Every adapter runs the suite in `cluster.contract.ts`.
 *
 * Unknown is not finished: `observe` leaves a job or task out rather than guess, and throws `CLUSTER_UNREACHABLE` where
 * the cluster does not answer. What an adapter must remember of a job stands in the job's folder, so that any process
 * of any time can go on from a `SubmittedJob`.
 */
export interface Cluster {
  readonly kind: string;
  /** For people: the test cluster's name, ClusterName, or `this machine`. */
  readonly name: string;
  readonly capabilities: ReadonlySet<Capability>;

  /**
   * Throws `SUBMIT_REJECTED` with the scheduler's words, `SCRIPT_INVALID`, `CAPABILITY_MISSING`; nothing is left behind
   * then. After any other error the job may have been taken all the same: `find` tells.
   */
  submit(request: SubmitRequest, signal: AbortSignal): Promise<SubmittedJob>;
  /**
   * Several at once, which costs a cluster's host less than one by one. One answer per request, in order: what `submit`
   * gives, or what it throws.
   */
  submitAll(
    requests: readonly SubmitRequest[],
    signal: AbortSignal,
  ): Promise<readonly (SubmittedJob | { readonly error: unknown })[]>;
  /**
   * Looks for a job of Sluice's id that the scheduler already has; `undefined` where there is none and none can come of what
   * was begun before. Throws `CLUSTER_UNREACHABLE` while that cannot be said, such as while an earlier submission of it,
   * of a process that may have died since, is still under way. Attempts up to the number `until` that have not begun by
   * then never will: whoever was to submit may only have been held up.
   */
  find(jobId: string, signal: AbortSignal, until?: number): Promise<SubmittedJob | undefined>;
  /** One observation per job, or per task of an array. Empty where nothing at all is known of the job any more. */
  observe(job: SubmittedJob, signal: AbortSignal): Promise<readonly JobObservation[]>;
  /**
   * Everyone's jobs as this user may see them, those that ended lately included: one request whatever their number. A job
   * that is not listed has not therefore ended: `settle` tells.
   */
  queue(signal: AbortSignal): Promise<readonly QueueEntry[]>;
  /**
   * The rows of `queue` that have this native id, whosever they are: for who looks at one job again and again. Absent where it
   * costs as much as the queue does.
   */
  queueOf?(nativeId: string, signal: AbortSignal): Promise<readonly QueueEntry[]>;
  /**
   * Which of these have said, all tasks of an array, that they have ended: a look at what they leave, of which the scheduler
   * notices nothing. It is a hint: a job may be put into the queue again, or have said so before its scheduler knows. Absent
   * where jobs say nothing, or asking costs as much as the queue does.
   */
  saidEnded?(jobs: readonly SubmittedJob[], signal: AbortSignal): Promise<ReadonlySet<string>>;
  /** What became of jobs that the queue does not list, by Sluice's id; as few requests as can be for all of them. */
  settle(jobs: readonly SubmittedJob[], signal: AbortSignal): Promise<ReadonlyMap<string, Settlement>>;
  /** Each may be asked for twice. Throws `ACTION_REFUSED` and `JOB_NOT_FOUND` with the scheduler's words. */
  control(job: SubmittedJob, verb: ControlVerb, signal: AbortSignal): Promise<void>;
  /** Sends a signal, by its name without SIG, to the job's script and all of its steps. */
  signalJob(job: SubmittedJob, signalName: string, signal: AbortSignal): Promise<void>;
  /** Changes limits of a job. Throws as `control`, and `INPUT_INVALID` for a value of another form. */
  change(job: SubmittedJob, limits: JobLimits, signal: AbortSignal): Promise<void>;
  /** Asks whether and when it would take a job, and takes none. A refusal is an answer, not an error. */
  test(request: SubmitRequest, signal: AbortSignal): Promise<TestAnswer>;
  /** What the cluster itself asks its users to keep to; `undefined` where it asks for nothing. */
  budget(signal: AbortSignal): Promise<RequestBudget | undefined>;
  /** What the cluster consists of: its nodes and partitions, as this user may see them; few requests whatever their number. */
  inventory(signal: AbortSignal): Promise<ClusterInventory>;
  /**
   * What the scheduler knows beyond its reasons: whose limit is reached, which licence is in use, who cancelled it. What it
   * does not tell is left out. Absent where there is never more to learn.
   */
  evidence?(job: SubmittedJob, request: EvidenceRequest, signal: AbortSignal): Promise<readonly Finding[]>;
  /** Asks for the end of the job; one that has ended already is no error. */
  cancel(job: SubmittedJob, signal: AbortSignal): Promise<void>;
  /** Where the output of these observations goes; less than two files where that is not known, or where both are one. */
  outputs(
    job: SubmittedJob,
    observations: readonly JobObservation[],
    signal: AbortSignal,
  ): Promise<readonly OutputFile[]>;
  /** The bytes of one output file from `offset` on; `undefined` while there is no such file. */
  readOutput(file: OutputFile, range: FileRange, signal: AbortSignal): Promise<FileSlice | undefined>;
  /**
   * Puts content where all nodes see it, for as long as the user likes, and gives its absolute path: a file for the user
   * alone, never half there. What is there already costs one look. Throws `INPUT_INVALID` for bytes of another hash.
   */
  keepFile(file: KeptFile, signal: AbortSignal): Promise<string>;
  /** The absolute path of content that is kept there; `undefined` where it is not. Throws `INPUT_INVALID` for what is no hash. */
  keptFile(sha256: string, signal: AbortSignal): Promise<string | undefined>;
  /**
   * A part of a file that the job has left in the folder `files` of its own folder, where the script has it as
   * `"${0%/*}/files"`; `undefined` where there is none. Links are not followed. Throws `INPUT_INVALID` for a name that is
   * none of such a file: up to 128 letters, digits, dots, underscores and hyphens, the first a letter or a digit.
   */
  readJobFile(job: SubmittedJob, name: string, range: FileRange, signal: AbortSignal): Promise<FileSlice | undefined>;
  /** Removes the job's own folder, when its output has been delivered. */
  forget(job: SubmittedJob, signal: AbortSignal): Promise<void>;
}
