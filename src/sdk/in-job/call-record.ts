import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { SluiceError } from "../../errors.ts";
import { encodeResult } from "../values/encode-result.ts";
import { encodeThrown } from "../values/encode-thrown.ts";
import type { EncodedResult } from "../values/encoded-value.ts";
import { replaceFile } from "./replace-file.ts";
import { bufferName, resultName, stateName, type CallState } from "./result-envelope.ts";

/** Exit code of a job whose result could not be written (sysexits.h, EX_IOERR). */
const unwritten = 74;

export interface RecordedCall {
  /** The job's own folder. */
  readonly folder: string;
  /** Of an array. */
  readonly task: number | undefined;
  /** Of the job's processes rank 0 gives the value; of the others only an error counts. */
  readonly rank: number;
  readonly attempt: number;
  readonly host: string;
  readonly startedAt: Date;
}

/**
 * What a call leaves behind in `<job folder>/files`: `state.json` as it begins and ends, and `result.json` once, whole or not at
 * all. Everything is written at once and in one piece of work, so that it can be done as the process ends.
 */
export class CallRecord {
  readonly #call: RecordedCall;
  readonly #folder: string;
  #isSettled = false;

  constructor(call: RecordedCall) {
    this.#call = call;
    this.#folder = join(call.folder, "files");
  }

  /** Whether a result has been written, or could not be. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Makes these folders, and notes that the call has begun. */
  begin(...folders: readonly string[]): void {
    for (const folder of [this.#folder, ...folders]) {
      if (!existsSync(folder)) this.#quietly(() => mkdirSync(folder, { recursive: true, mode: 0o700 }));
    }
    this.#writeState({});
  }

  /** Notes that the process ends without a result. */
  stop(): void {
    if (!this.#isSettled) this.#writeState({ endedAt: new Date().toISOString() });
  }

  /** Writes the value; the error, where it cannot be sent or written. Gives the exit code of the job. */
  succeed(value: unknown): number {
    // Another of the job's processes has left an error, which counts.
    if (this.#call.rank !== 0 || existsSync(this.#resultPath)) return this.#end(0);
    let encoded: EncodedResult;
    try {
      encoded = encodeResult(value, this.#names());
    } catch (error) {
      return this.fail(error);
    }
    return this.#write("ok", encoded) ?? this.#end(0);
  }

  /** Says on standard error what was thrown, and writes it. Gives the exit code of the job. */
  fail(thrown: unknown): number {
    process.stderr.write(`${thrown instanceof Error ? inspect(thrown) : `the task threw ${inspect(thrown)}`}\n`);
    return this.#write("error", encodeThrown(thrown, this.#names())) ?? this.#end(1);
  }

  /** The exit code where it could not be written. */
  #write(status: "ok" | "error", encoded: EncodedResult): number | undefined {
    this.#isSettled = true;
    try {
      this.#put(status, encoded);
      return undefined;
    } catch (error) {
      const path = this.#resultPath;
      const reason = error instanceof Error ? error.message : String(error);
      const problem = new SluiceError(
        "FILE_UNWRITABLE",
        `the result of the call could not be written to ${path}: ${reason}; make room there, or have the job's folder elsewhere`,
        { cause: error, details: { path } },
      );
      process.stderr.write(`sluice: ${problem.message}\n`);
      for (const { name } of encoded.files) this.#quietly(() => rmSync(join(this.#folder, name), { force: true }));
      // What is small may fit where the result did not.
      this.#quietly(() => this.#put("error", encodeThrown(problem, this.#names())));
      return this.#end(unwritten);
    }
  }

  #put(status: "ok" | "error", { json, files }: EncodedResult): void {
    const { attempt, host, startedAt } = this.#call;
    const facts = { version: 1, status, attempt, host, startedAt, endedAt: new Date() };
    const field = status === "ok" ? "value" : "error";
    for (const { name, bytes } of files) replaceFile(join(this.#folder, name), bytes);
    // A result may be as long as a text can be, so it is not parsed to be put in its place.
    replaceFile(this.#resultPath, `${JSON.stringify(facts).slice(0, -1)},"${field}":${json}}`);
  }

  get #resultPath(): string {
    return join(this.#folder, resultName(this.#call.task));
  }

  #end(exit: number): number {
    this.#isSettled = true;
    this.#writeState({ endedAt: new Date().toISOString(), exit });
    return exit;
  }

  #names(): { readonly fileName: (position: number) => string } {
    return { fileName: (position) => bufferName(this.#call.task, position) };
  }

  /** For who looks; the call does not depend on it. */
  #writeState(end: Pick<CallState, "endedAt" | "exit">): void {
    const { task, rank, attempt, host, startedAt } = this.#call;
    if (rank !== 0) return;
    const state: CallState = { version: 1, attempt, host, startedAt: startedAt.toISOString(), ...end };
    this.#quietly(() => replaceFile(join(this.#folder, stateName(task)), JSON.stringify(state), { lasting: false }));
  }

  #quietly(write: () => void): void {
    try {
      write();
    } catch {
      // A full disk, or a folder that is gone, shows itself where the result is written.
    }
  }
}
