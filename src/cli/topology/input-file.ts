import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { buffer } from "node:stream/consumers";
import { SluiceError } from "../../errors.ts";
import type { Context } from "../command.ts";

/** The bytes of a file, or of stdin for `-`. Throws `FILE_UNREADABLE`. */
export async function readInput(context: Context, file: string): Promise<Buffer> {
  try {
    if (file === "-") return await buffer(context.io.stdin);
    return await readFile(resolve(context.cwd, file), { signal: context.signal });
  } catch (error) {
    if (context.signal.aborted) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new SluiceError("FILE_UNREADABLE", `cannot read ${file}: ${why}`, { cause: error, details: { path: file } });
  }
}

/** The name of a model as providers take it: a file that stands here goes before a model of that name that comes with Sluice. */
export function modelName(context: Context, model: string): string {
  const path = resolve(context.cwd, model);
  if (existsSync(path)) return path;
  return model;
}
