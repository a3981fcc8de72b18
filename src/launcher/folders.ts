import { rmdirSync, statSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SluiceError } from "../errors.ts";
import type { PlannedFile } from "../schema/cluster-plan.ts";
import { settleAll } from "./settle-all.ts";

/** Removes a folder that holds nothing; one that does, or is not there, is left as it is. */
export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Not empty, not there or not ours: each is as good as removed for the caller.
  }
}

/**
 * Makes a folder and those above it that are missing; others may be making the same ones. Node's own `recursive` never returns
 * where a file system such as /proc answers ENOENT for a folder whose parent exists.
 */
export async function makeFolders(path: string): Promise<void> {
  const error = await makeFolder(path);
  if (error === undefined) return;
  if (!("code" in error) || error.code !== "ENOENT") throw error;
  await makeFolders(dirname(path));
  const second = await makeFolder(path);
  if (second !== undefined) throw second;
}

/** Resolves to the reason where there is no folder afterwards. */
async function makeFolder(path: string): Promise<Error | undefined> {
  try {
    await mkdir(path);
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return "code" in error && error.code === "EEXIST" && statSync(path).isDirectory() ? undefined : error;
  }
}

/** Writes files below a folder; one that stands is an error. Throws `FILE_UNWRITABLE`. */
export async function writeFiles(directory: string, files: readonly PlannedFile[]): Promise<void> {
  try {
    for (const folder of new Set(files.map((file) => dirname(join(directory, file.path))))) await makeFolders(folder);
    await settleAll(
      files.map((file) => writeFile(join(directory, file.path), file.text, { mode: file.mode ?? 0o644, flag: "wx" })),
    );
  } catch (error) {
    throw unwritable(directory, error);
  }
}

/** The error for a place that cannot be written. */
export function unwritable(path: string, cause: unknown): SluiceError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new SluiceError("FILE_UNWRITABLE", `cannot write ${path}: ${why}; choose another --output-dir`, {
    cause,
    details: { path },
  });
}
