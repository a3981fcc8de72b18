import type { Io } from "./io.ts";

/**
 * What could steer a terminal or turn a line around: control characters but for line ends and tabs, and those that change
 * the direction of writing (Unicode, UAX 9) or break lines.
 */
// oxlint-disable-next-line no-control-regex
const steering = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Text in which nothing steers a terminal: such characters stand as `\u001b`. Names of jobs, reasons and messages come from
 * others. Within JSON these are the escapes that it has itself, so that a reader gets the very same text.
 */
export function visible(text: string): string {
  return text.replaceAll(steering, escaped);
}

/** The same for what has to stay on one line, such as the cell of a table. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll(/[\n\t]/g, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Writes text visibly. Bytes are a job's own output or script, and go through as they are. */
export function visibleIo(io: Io): Io {
  const shown = (chunk: string | Uint8Array): string | Uint8Array =>
    typeof chunk === "string" ? visible(chunk) : chunk;
  return { ...io, out: (chunk) => io.out(shown(chunk)), err: (chunk) => io.err(shown(chunk)) };
}
