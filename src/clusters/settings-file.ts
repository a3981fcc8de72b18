import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { SluiceError } from "../errors.ts";
import { maxSettingsBytes } from "./check-sluice-yaml.ts";

/** The bytes of a file of settings, of one that is too large no more than shows that it is. Throws `FILE_UNREADABLE`. */
export function readSettingsFile(path: string): Uint8Array {
  const unreadable = (problem: string, cause?: unknown): SluiceError =>
    new SluiceError("FILE_UNREADABLE", `${path}: ${problem}`, { cause, details: { path } });
  let file: number;
  try {
    // Not to be kept waiting by a pipe that nobody writes to.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") throw unreadable("there is no such file", error);
    if (code === "EACCES" || code === "EPERM") throw unreadable("this user may not read it", error);
    throw unreadable(error instanceof Error ? error.message : String(error), error);
  }
  try {
    const stat = fstatSync(file);
    if (stat.isDirectory()) throw unreadable("is a folder; name the file in it");
    if (!stat.isFile()) throw unreadable("is no plain file");
    const bytes = Buffer.alloc(Math.min(stat.size, maxSettingsBytes + 1));
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(file);
  }
}
