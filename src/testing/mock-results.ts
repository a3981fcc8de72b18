import type { MockSubmission } from "../clusters/mock/mock-job.ts";
import { bufferName, resultName, type ResultEnvelope } from "../sdk/in-job/result-envelope.ts";
import { encodeResult } from "../sdk/values/encode-result.ts";
import { encodeThrown } from "../sdk/values/encode-thrown.ts";
import type { JobObservation } from "../schema/job.ts";
import type { MockOutcome } from "./mock-outcome.ts";

/** What calls leave in the folders of their jobs. It is made when it is first asked for, and is the same from then on. */
export class MockResults {
  /** By the native id of job or task, then by name. */
  readonly #files = new Map<string, ReadonlyMap<string, Uint8Array>>();

  /** One file of a job, as it was last seen; `undefined` where it has left none of that name. */
  file(
    name: string,
    seen: readonly JobObservation[],
    submission: MockSubmission,
    outcomeOf: (task: number | undefined) => MockOutcome,
  ): Uint8Array | undefined {
    for (const observed of seen) {
      const task = taskOf(observed);
      if (name === resultName(task) && !this.#files.has(observed.nativeId)) {
        const files = resultFiles(outcomeOf(task), submission, task, observed);
        if (files !== undefined) this.#files.set(observed.nativeId, files);
      }
      const found = this.#files.get(observed.nativeId)?.get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** The number of a task of an array: `4` of `mock-1_4`. */
function taskOf({ nativeId }: JobObservation): number | undefined {
  const digits = /_(\d+)$/.exec(nativeId)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** By name; `undefined` where the call has not ended, or was ended before it could leave any. */
function resultFiles(
  outcome: MockOutcome,
  submission: MockSubmission,
  task: number | undefined,
  { state, startedAt, endedAt, nodes = "mock", restarts = 0 }: JobObservation,
): ReadonlyMap<string, Uint8Array> | undefined {
  if (startedAt === undefined || endedAt === undefined) return undefined;
  const throws = "throws" in outcome;
  if (state !== (throws ? "failed" : "completed")) return undefined;
  const naming = { fileName: (n: number) => bufferName(task, n) };
  const encoded = throws
    ? encodeThrown(outcome.throws, naming)
    : encodeResult(outcome.returnsFrom?.(submission, task) ?? outcome.returns, naming);
  const content: unknown = JSON.parse(encoded.json);
  const facts = { version: 1, attempt: restarts + 1, host: nodes, startedAt, endedAt } as const;
  const envelope: ResultEnvelope = throws
    ? { ...facts, status: "error", error: content }
    : { ...facts, status: "ok", value: content };
  return new Map([
    [resultName(task), Buffer.from(JSON.stringify(envelope))],
    ...encoded.files.map(({ name, bytes }) => [name, bytes] as const),
  ]);
}
