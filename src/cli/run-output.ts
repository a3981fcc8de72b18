import type { Io } from "./io.ts";

const newline = 0x0a;

/** A piece of what a job or a task of it printed, in the order in which it did. */
export interface OutputPart {
  readonly stream: "stdout" | "stderr";
  /** The task's, or empty for a job that is no array. */
  readonly nativeId: string;
  readonly bytes: Uint8Array;
}

/**
 * Passes a job's output on, byte for byte. The tasks of an array write at once, so of them only whole lines are passed on
 * while they run, lest one task's line be cut by another's; what has no line end follows at the end.
 */
export class RunOutput {
  readonly #write: Record<"stdout" | "stderr", (bytes: Uint8Array) => void>;
  readonly #wholeLines: boolean;
  readonly #rests = new Map<string, OutputPart>();

  /** With `toStderr` all of it goes to stderr, because stdout holds a record for machines. */
  constructor(io: Io, { wholeLines, toStderr }: { readonly wholeLines: boolean; readonly toStderr: boolean }) {
    const err = (bytes: Uint8Array): void => io.err(bytes);
    this.#write = { stdout: toStderr ? err : (bytes) => io.out(bytes), stderr: err };
    this.#wholeLines = wholeLines;
  }

  pass(part: OutputPart): void {
    const { stream, nativeId, bytes } = part;
    if (!this.#wholeLines) return this.#write[stream](bytes);
    const of = `${stream} ${nativeId}`;
    const all = Buffer.concat([this.#rests.get(of)?.bytes ?? new Uint8Array(), bytes]);
    const end = all.lastIndexOf(newline) + 1;
    if (end > 0) this.#write[stream](all.subarray(0, end));
    this.#rests.set(of, { ...part, bytes: all.subarray(end) });
  }

  end(): void {
    for (const { stream, bytes } of this.#rests.values()) if (bytes.length > 0) this.#write[stream](bytes);
    this.#rests.clear();
  }
}
