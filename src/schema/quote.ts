import { SluiceError } from "../errors.ts";

/**
 * One word for a POSIX shell that stands for exactly this text, newlines and all. Plain words stay readable as they are.
 * Throws `INPUT_INVALID` for text with a NUL, which no argument of a program can hold.
 */
export function quote(text: string): string {
  if (text.includes("\0")) throw new SluiceError("INPUT_INVALID", "an argument holds a NUL character; remove it");
  if (/^[A-Za-z0-9_@%+:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** A command line for a POSIX shell that runs exactly this argv. Throws as `quote` does. */
export function quoteAll(argv: readonly string[]): string {
  return argv.map(quote).join(" ");
}
