import type { Readable } from "node:stream";

/** What a command may read and write. It knows no environment and no process, so a test can stand in for a terminal. */
export interface Io {
  /** Results alone: text for people or, with `--json`, for machines; a job's own output as raw bytes. */
  out(chunk: string | Uint8Array): void;
  /** Everything that is not a result. */
  err(chunk: string | Uint8Array): void;
  /** Resolves when what was written has been taken, so that a writer keeps to the pace of a slow reader. */
  drained(): Promise<void>;
  readonly stdin: Readable;
  /** Whether a person sees stdout, stderr, and types on stdin. */
  readonly isTTY: boolean;
  readonly errIsTTY: boolean;
  readonly stdinIsTTY: boolean;
  /** Width of the terminal in characters; 80 where there is none. */
  readonly columns: number;
}
