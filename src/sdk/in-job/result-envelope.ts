import { SluiceError } from "../../errors.ts";

/** What a job leaves of its call in `result.json`. Value and error are as `encodeResult` and `encodeThrown` write them. */
export type ResultEnvelope = EnvelopeFacts &
  ({ readonly status: "ok"; readonly value: unknown } | { readonly status: "error"; readonly error: unknown });

interface EnvelopeFacts {
  readonly version: 1;
  /** From 1; more where the call was made again. */
  readonly attempt: number;
  /** Name of the node that made the call. */
  readonly host: string;
  /** ISO 8601 in UTC, as `endedAt`. */
  readonly startedAt: string;
  readonly endedAt: string;
}

/** `state.json`: that the call has begun, and how its process ended. */
export interface CallState {
  readonly version: 1;
  readonly attempt: number;
  readonly host: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  /** The exit code that the process ended with by its own will. */
  readonly exit?: number;
}

const suffix = (task: number | undefined): string => (task === undefined ? "" : `.${task}`);

/** Names in `<job folder>/files`: `result.json`, or `result.4.json` for a task of an array. */
export function resultName(task?: number): string {
  return `result${suffix(task)}.json`;
}

/** `state.json`, or `state.4.json` for a task of an array. */
export function stateName(task?: number): string {
  return `state${suffix(task)}.json`;
}

/** The nth buffer that stands beside a result: `result.0.bin`, or `result.4.0.bin` for a task of an array. */
export function bufferName(task: number | undefined, n: number): string {
  return `result${suffix(task)}.${n}.bin`;
}

/** Throws `VALUE_UNREADABLE` for text that no runner wrote. */
export function readEnvelope(text: string): ResultEnvelope {
  const parsed = parseJson(text);
  if (typeof parsed === "object" && parsed !== null && "version" in parsed && parsed.version === 1) {
    const facts = factsOf(parsed);
    if ("status" in parsed && facts !== undefined) {
      if (parsed.status === "ok" && "value" in parsed) return { ...facts, status: "ok", value: parsed.value };
      if (parsed.status === "error" && "error" in parsed) return { ...facts, status: "error", error: parsed.error };
    }
  }
  throw new SluiceError("VALUE_UNREADABLE", `a job's result is damaged: ${JSON.stringify(text.slice(0, 60))}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function factsOf(envelope: object): EnvelopeFacts | undefined {
  const { attempt, host, startedAt, endedAt }: Partial<Record<keyof EnvelopeFacts, unknown>> = envelope;
  if (typeof attempt !== "number" || typeof host !== "string") return undefined;
  if (typeof startedAt !== "string" || typeof endedAt !== "string") return undefined;
  return { version: 1, attempt, host, startedAt, endedAt };
}
