import type { Command, CommandOutput } from "../schema/command.ts";

export interface RunOptions {
  readonly signal: AbortSignal;
  /** After so many milliseconds the command is killed and `DEADLINE_EXCEEDED` thrown; each runner has a default. */
  readonly deadlineMs?: number;
  /** Absolute path of the folder that the command runs in; the runner's own where left out. */
  readonly directory?: string;
}

/** A part of a file: at most `maxBytes` from `offset`. */
export interface FileRange {
  readonly offset: number;
  readonly maxBytes: number;
}

/** The bytes of a part of a file, and the file's whole size when they were read. */
export interface FileSlice {
  readonly bytes: Uint8Array;
  readonly size: number;
}

/**
 * Runs commands on one host and reads and writes files there. What a command prints is bounded; more than the bound
 * throws `LIMIT_EXCEEDED` rather than cut silently. Every adapter runs the suite in `runner.contract.ts`.
 *
 * Whatever is waited for ends with `CANCELLED` when the signal aborts, and no process of the command is left behind.
 * File operations throw `FILE_UNREADABLE` and `FILE_UNWRITABLE`; a host that cannot be reached is `CLUSTER_UNREACHABLE`.
 */
export interface Runner {
  /** For people: `this machine`, or the ssh destination. */
  readonly host: string;
  /** Runs the command and reads its answer. Throws `SLURM_MISSING` where a Slurm program is not installed. */
  run<T>(command: Command<T>, options: RunOptions): Promise<T>;
  /** As `run`, without the command's own reading of its output. */
  output(command: Command<unknown>, options: RunOptions): Promise<CommandOutput>;
  /**
   * `undefined` where there is no such file. Where `under` names a folder above it, no symbolic link below that folder is
   * followed, whoever puts one there meanwhile: a file that is one, or stands behind one, is as none.
   */
  readFile(
    path: string,
    range: FileRange & { readonly under?: string },
    signal: AbortSignal,
  ): Promise<FileSlice | undefined>;
  /** Replaces the file in one step: a reader sees the old content or the new, never a part. It has reached the disk. */
  writeFile(
    path: string,
    content: string | Uint8Array,
    options: { readonly mode: number },
    signal: AbortSignal,
  ): Promise<void>;
  /** Makes one folder and says whether it was this call that made it, atomically; its parents are made as needed. */
  makeDirectory(path: string, options: { readonly mode: number }, signal: AbortSignal): Promise<boolean>;
  /** The names in a folder, sorted; none where there is no such folder. */
  listDirectory(path: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Removes a folder and all below it; one that is not there is no error. */
  removeDirectory(path: string, signal: AbortSignal): Promise<void>;
}
