import { SluiceError } from "../errors.ts";

/** Which call it was whose function threw. */
export interface FailedCall {
  /** Id of the task function, `src/train.ts#train`. */
  readonly task: string;
  readonly jobId: string;
  /** Which task of an array. */
  readonly index?: number | undefined;
  readonly host?: string | undefined;
}

/**
 * What the function of a task threw in its job: with the message of the remote error, its cause, and the stack that it had
 * there, which names lines of the sources.
 */
export class TaskError extends SluiceError {
  override readonly name = "TaskError";
  /** The remote error's own name, `TypeError`; of a thrown value that is no error, what it is: `string`. */
  readonly remoteName: string;
  /** The stack as it was in the job; absent where what was thrown is no error. */
  readonly remoteStack: string | undefined;
  /** The remote error's own fields, such as `code`, or the `errors` of an AggregateError. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** What was thrown, as it came back. */
  readonly thrown: unknown;

  /** @param thrown what the function threw, decoded */
  constructor(thrown: unknown, call: FailedCall) {
    const error = thrown instanceof Error ? thrown : undefined;
    const details = Object.fromEntries(Object.entries(call).filter(([, value]) => value !== undefined));
    super("TASK_FAILED", error?.message ?? `the task threw ${inWords(thrown)}`, { cause: error?.cause, details });
    this.thrown = thrown;
    this.remoteName = error?.name ?? (thrown === null ? "null" : typeof thrown);
    this.remoteStack = error?.stack;
    this.fields = fieldsOf(error);
    const local = (this.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
    const remote = (error?.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
    const place = `    -- in job ${call.jobId}${call.host === undefined ? "" : ` on ${call.host}`}, read here: --`;
    this.stack = [`TaskError: ${this.message}`, ...remote, place, ...local].join("\n");
  }
}

function fieldsOf(error: Error | undefined): Readonly<Record<string, unknown>> {
  if (error === undefined) return {};
  const own = Object.entries(error);
  return Object.fromEntries(error instanceof AggregateError ? [...own, ["errors", error.errors]] : own);
}

function inWords(thrown: unknown): string {
  if (typeof thrown === "string") return JSON.stringify(thrown);
  return typeof thrown === "object" && thrown !== null ? "an object that is no Error" : String(thrown);
}
