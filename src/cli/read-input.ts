import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { addAbortSignal } from "node:stream";
import { buffer } from "node:stream/consumers";
import { SluiceError } from "../errors.ts";
import type { Context } from "./command.ts";

/** The bytes of a file, or of stdin for `-`. Throws `FILE_UNREADABLE`. */
export async function readInput(context: Context, file: string): Promise<Buffer> {
  try {
    if (file === "-") return await buffer(addAbortSignal(context.signal, context.io.stdin));
    return await readFile(resolve(context.cwd, file), { signal: context.signal });
  } catch (error) {
    if (context.signal.aborted) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new SluiceError("FILE_UNREADABLE", `cannot read ${file}: ${why}`, { cause: error, details: { path: file } });
  }
}
