import type { JobObservation } from "../schema/job.ts";
import type { FileRange, FileSlice } from "./runner.ts";

/** What a kind of cluster can do beyond running one script on one host. */
export const capabilities = ["arrays", "multi-node", "gpus", "dependencies", "holds", "accounting"] as const;
export type Capability = (typeof capabilities)[number];

/** One submission, ready to go. */
export interface SubmitRequest {
  /** Sluice's own id (ULID), known before the scheduler hears of the job. */
  readonly jobId: string;
  /** The user's script, byte for byte. */
  readonly script: Uint8Array;
  /** Arguments of the script. */
  readonly args: readonly string[];
  /** What the job is called where the user gave no `--job-name`. */
  readonly name: string;
  /** sbatch's options from the command line, one argument each: `--nodes=2`, `--exclusive`. */
  readonly options: readonly string[];
  /** Absolute path: where the job starts unless its options say otherwise. */
  readonly workDirectory: string;
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
   * then. After `CLUSTER_UNREACHABLE`, `DEADLINE_EXCEEDED` or `CANCELLED` the job may have been taken all the same: `find` tells.
   */
  submit(request: SubmitRequest, signal: AbortSignal): Promise<SubmittedJob>;
  /** Looks for a job of Sluice's id that the scheduler already has; `undefined` where there is none. */
  find(jobId: string, signal: AbortSignal): Promise<SubmittedJob | undefined>;
  /** One observation per job, or per task of an array. Empty where nothing at all is known of the job any more. */
  observe(job: SubmittedJob, signal: AbortSignal): Promise<readonly JobObservation[]>;
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
  /** Removes the job's own folder, when its output has been delivered. */
  forget(job: SubmittedJob, signal: AbortSignal): Promise<void>;
}
