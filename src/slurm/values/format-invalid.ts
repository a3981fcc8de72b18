import { SluiceError } from "../../errors.ts";

/** Longest piece of a refused value that a message repeats; the rest would only hide what was wrong. */
const quotedLength = 60;

/** The value in double quotes, control characters escaped, cut when long. */
export function quoteValue(value: string): string {
  if (value.length <= quotedLength) return JSON.stringify(value);
  return `${JSON.stringify(value.slice(0, quotedLength))}… (${value.length} characters)`;
}

/**
 * The error of every reader in this folder: which notation, the value, what is wrong with it (`problem`, a clause after
 * the colon) and what to write instead (`remedy`, a whole clause).
 */
export function formatInvalid(notation: string, value: string, problem: string, remedy: string): SluiceError {
  return new SluiceError("FORMAT_INVALID", `${notation} ${quoteValue(value)}: ${problem}; ${remedy}`, {
    details: { notation, problem },
  });
}
