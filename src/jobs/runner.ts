import type { Command, CommandOutput } from "../schema/command.ts";

export interface RunOptions {
  readonly signal: AbortSignal;
  /** After so many milliseconds the command is killed and `DEADLINE_EXCEEDED` thrown; each runner has a default. */
  readonly deadlineMs?: number;
}

/** The bytes of a file from `offset` on, and the file's size when they were read. */
export interface FileSlice {
  readonly bytes: Uint8Array;
  readonly size: number;
}

/**
 * Runs commands on one host and reads and writes small files there. Text in and out is bounded; an adapter that meets the
 * bound throws `LIMIT_EXCEEDED` rather than cut silently.
 */
export interface Runner {
  /** For people: `local`, or the ssh destination. */
  readonly host: string;
  run<T>(command: Command<T>, options: RunOptions): Promise<T>;
  /** As `run`, without the command's own reading of its output. */
  output(command: Command<unknown>, options: RunOptions): Promise<CommandOutput>;
  /** At most `maxBytes` from `offset`; `undefined` where there is no such file. */
  readFile(
    path: string,
    range: { offset: number; maxBytes: number },
    signal: AbortSignal,
  ): Promise<FileSlice | undefined>;
  /** Replaces the file in one step: a reader sees the old text or the new, never a part. */
  writeFile(path: string, text: string, options: { mode: number }, signal: AbortSignal): Promise<void>;
  /** Makes one folder and says whether it was this call that made it, atomically; its parents are made as needed. */
  makeDirectory(path: string, options: { mode: number }, signal: AbortSignal): Promise<boolean>;
  /** Removes a folder and all below it; one that is not there is no error. */
  removeDirectory(path: string, signal: AbortSignal): Promise<void>;
}
