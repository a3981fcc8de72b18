import { SluiceError } from "../errors.ts";
import { systemClock } from "../jobs/clock.ts";
import type { Backend } from "./backend.ts";
import { readEnvelope, resultName } from "./in-job/result-envelope.ts";
import type { FileReference } from "./values/encoded-value.ts";

/** What the runner in a job left of its call. */
export type CallOutcome =
  | { readonly status: "ok"; readonly value: unknown }
  | { readonly status: "error"; readonly thrown: unknown; readonly host: string | undefined };

export interface OutcomePlace {
  readonly backend: Pick<Backend, "jobFile">;
  readonly jobId: string;
  /** Of an array. */
  readonly task: number | undefined;
}

const never = new AbortController().signal;

/** A shared file system may show a file of another node late (nfs(5), acdirmax: 60 s). */
const longestPauseMs = 2_000;

/**
 * Reads what a call left; `undefined` where there is nothing after so long: it did not come to an end, or the file cannot
 * be seen from where it is looked for. Throws `VALUE_UNREADABLE`, and what the backend throws.
 */
export async function readOutcome(
  { backend, jobId, task }: OutcomePlace,
  { patienceMs, signal }: { readonly patienceMs: number; readonly signal?: AbortSignal | undefined },
): Promise<CallOutcome | undefined> {
  const name = resultName(task);
  const until = Date.now() + patienceMs;
  for (let pause = 50; ; pause = Math.min(pause * 2, longestPauseMs)) {
    const bytes = await backend.jobFile(jobId, name, { signal });
    if (bytes !== undefined) return decode(bytes, { name, backend, jobId, signal });
    if (Date.now() >= until) return undefined;
    await systemClock.sleep(pause, signal ?? never);
    signal?.throwIfAborted();
  }
}

async function decode(
  bytes: Uint8Array,
  {
    name,
    backend,
    jobId,
    signal,
  }: Pick<OutcomePlace, "backend" | "jobId"> & {
    readonly name: string;
    readonly signal: AbortSignal | undefined;
  },
): Promise<CallOutcome> {
  const file = async (reference: FileReference): Promise<Uint8Array> => {
    if (!("name" in reference)) throw unreadable(name, jobId, "names content that is kept, which no result does");
    const beside = await backend.jobFile(jobId, reference.name, { signal });
    if (beside === undefined) throw unreadable(reference.name, jobId, "is gone");
    return beside;
  };
  const envelope = readEnvelope(new TextDecoder().decode(bytes));
  const { decodeValue } = await import("./values/decode-value.ts");
  if (envelope.status === "ok") return { status: "ok", value: await decodeValue(envelope.value, { file }) };
  return { status: "error", thrown: await decodeValue(envelope.error, { file }), host: envelope.host };
}

function unreadable(name: string, jobId: string, problem: string): SluiceError {
  return new SluiceError("VALUE_UNREADABLE", `${name} of job ${jobId} ${problem}`, { details: { jobId, file: name } });
}
