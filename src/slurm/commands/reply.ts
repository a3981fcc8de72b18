import { SluiceError } from "../../errors.ts";
import { quoteValue } from "../values/format-invalid.ts";

/** The error for an answer whose shape Sluice does not know. */
export function unreadable(program: string, problem: string, text: string): SluiceError {
  return new SluiceError(
    "REPLY_UNREADABLE",
    `the answer of ${program} cannot be read, ${problem}: ${quoteValue(text)}`,
    {
      details: { program, problem },
    },
  );
}

/** Runs a reader of values and turns its `FORMAT_INVALID` into `REPLY_UNREADABLE`: here Slurm wrote the text, not the user. */
export function readingReply<T>(program: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== "FORMAT_INVALID") throw error;
    throw new SluiceError("REPLY_UNREADABLE", `the answer of ${program} cannot be read: ${error.message}`, {
      cause: error,
      details: { ...error.details, program },
    });
  }
}

/** What Slurm prints where there is nothing to tell. A user's text that reads `(null)` cannot be told from none. */
const nothing: ReadonlySet<string> = new Set(["", "(null)", "N/A", "n/a", "None", "Unknown", "NONE", "UNKNOWN"]);

/** A value that is a word of Slurm's own; `undefined` for its ways to say "none". */
export function optionalWord(text: string | undefined): string | undefined {
  return text === undefined || nothing.has(text) ? undefined : text;
}

/** A value that a user wrote, where `N/A` or `None` may be meant; only `(null)` and the empty text are none. */
export function optionalText(text: string | undefined): string | undefined {
  return text === undefined || text === "" || text === "(null)" ? undefined : text;
}

/** A time as Slurm prints it under `TZ=UTC` and the standard format, as ISO 8601 in UTC: `2026-01-01T00:00:00Z`. */
export function optionalTime(program: string, text: string | undefined): string | undefined {
  const word = optionalWord(text);
  if (word === undefined) return undefined;
  if (!/^\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(word)) throw unreadable(program, "expected a time", word);
  return `${word}Z`;
}

/** A whole number; throws `REPLY_UNREADABLE` for anything else. */
export function wholeNumber(program: string, text: string | undefined): number {
  if (text === undefined || !/^\d{1,15}$/.test(text)) throw unreadable(program, "expected a whole number", text ?? "");
  return Number(text);
}

/** As `wholeNumber`, with `undefined` where Slurm has none. */
export function optionalNumber(program: string, text: string | undefined): number | undefined {
  const word = optionalWord(text);
  return word === undefined ? undefined : wholeNumber(program, word);
}

/** `T` with its keys that may be `undefined` made optional. */
export type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The object without the keys that are `undefined`: absent means unknown. */
export function present<const T extends object>(fields: T): Present<T>;
export function present(fields: object): object {
  const found: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) found[key] = value;
  return found;
}
