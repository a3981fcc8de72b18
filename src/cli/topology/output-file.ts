import { rename, rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { SluiceError } from "../../errors.ts";
import type { Context } from "../command.ts";

/** Says on stderr that a result stands in a file. */
export function tellWritten({ io }: Context, file: string): void {
  if (file !== "-") io.err(`wrote ${file}\n`);
}

/**
 * Writes a result to a file, which is there whole or as it was before, or to stdout where none is named: byte for byte, but on a
 * terminal visibly, as names come from others.
 */
export async function writeResult(context: Context, file: string | undefined, text: string): Promise<void> {
  if (file === undefined || file === "-") {
    context.io.out(context.io.isTTY ? text : Buffer.from(text));
    return;
  }
  const path = resolve(context.cwd, file);
  const part = `${path}.${process.pid}.part`;
  try {
    await writeFile(part, text, { signal: context.signal });
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    if (context.signal.aborted) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new SluiceError("FILE_UNWRITABLE", `cannot write ${path}: ${why}`, { cause: error, details: { path } });
  }
}
