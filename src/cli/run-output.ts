import type { OutputChunk } from "../jobs/output-reader.ts";
import type { Io } from "./io.ts";

const newline = 0x0a;

/**
 * Passes a job's output on, byte for byte. The tasks of an array write at once, so of them only whole lines are passed on
 * while they run, lest one task's line be cut by another's; what has no line end follows at the end.
 */
export class RunOutput {
  readonly #write: Record<"stdout" | "stderr", (bytes: Uint8Array) => void>;
  readonly #wholeLines: boolean;
  readonly #rests = new Map<string, OutputChunk>();

  /** With `toStderr` all of it goes to stderr, because stdout holds a record for machines. */
  constructor(io: Io, { wholeLines, toStderr }: { readonly wholeLines: boolean; readonly toStderr: boolean }) {
    const err = (bytes: Uint8Array): void => io.err(bytes);
    this.#write = { stdout: toStderr ? err : (bytes) => io.out(bytes), stderr: err };
    this.#wholeLines = wholeLines;
  }

  pass({ file, bytes }: OutputChunk): void {
    if (!this.#wholeLines) return this.#write[file.stream](bytes);
    const rest = this.#rests.get(file.path)?.bytes ?? new Uint8Array();
    const all = Buffer.concat([rest, bytes]);
    const end = all.lastIndexOf(newline) + 1;
    if (end > 0) this.#write[file.stream](all.subarray(0, end));
    this.#rests.set(file.path, { file, bytes: all.subarray(end) });
  }

  end(): void {
    for (const { file, bytes } of this.#rests.values()) if (bytes.length > 0) this.#write[file.stream](bytes);
    this.#rests.clear();
  }
}
