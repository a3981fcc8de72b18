import { constants, existsSync, readdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { SluiceError } from "../errors.ts";
import { compareBytes } from "./names/compare-bytes.ts";

/** The folder of the models that come with Sluice: beside `src` in a checkout, beside `dist` in the package. */
const folder = fileURLToPath(new URL("../../models/", import.meta.url));

/** Larger files are no models; they are refused before they are read. */
const mostBytes = 16 * 1024 * 1024;

/** The names of the models that come with Sluice, in byte order. */
export function builtInModels(): readonly string[] {
  return readdirSync(folder).sort(compareBytes);
}

/**
 * The path of a file called so that is there, seen from the folder `from`; absent for a model that comes with Sluice, which a
 * file of its name goes before. Throws `FILE_UNREADABLE` for what is neither.
 */
export function modelFile(name: string, from: string): string | undefined {
  const path = resolve(from, name);
  if (existsSync(path)) return path;
  if (isBuiltIn(name)) return undefined;
  const models = `a model that comes with Sluice (${builtInModels().join(", ")})`;
  throw new SluiceError("FILE_UNREADABLE", `${name} is neither a file nor ${models}`, { details: { path } });
}

/** A bare name, or a path in a folder `tests/models` that is not there. */
function isBuiltIn(fileName: string): boolean {
  const name = fileName.slice(fileName.lastIndexOf("/") + 1);
  const isForeign = /(^|\/)tests\/models\/[^/]+$/.test(fileName) && !existsSync(fileName);
  return (name === fileName || isForeign) && builtInModels().includes(name);
}

/**
 * The text of a model. A bare name is one that comes with Sluice, a path is read from disk; a path in a folder
 * `tests/models`, where there is no such file, is the model of its name that comes with Sluice, so that requests written for a
 * checkout of Topograph work. Throws `Error`, worded as a request's answer shows it:
 * `failed to read F: open F: no such file or directory`.
 */
export async function readModelFile(fileName: string, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  const name = fileName.slice(fileName.lastIndexOf("/") + 1);
  const isBare = name === fileName;
  const comesWithSluice = isBuiltIn(fileName);
  if (isBare && !comesWithSluice) throw new Error(`failed to read ${name}: open models/${name}: file does not exist`);
  const text = await readFileOf(comesWithSluice ? join(folder, name) : fileName, fileName);
  signal.throwIfAborted();
  return text;
}

async function readFileOf(path: string, shown: string): Promise<string> {
  let step = "open";
  try {
    // To open a FIFO would otherwise wait for a writer.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    step = "read";
    const stat = await file.stat();
    if (stat.isFile() && stat.size > mostBytes) {
      throw new Error(`${stat.size} bytes are more than a model may have (${mostBytes})`);
    }
    if (!stat.isFile() && !stat.isDirectory()) throw new Error("not a regular file");
    return await file.readFile("utf8");
  } catch (error) {
    throw new Error(`failed to read ${shown}: ${step} ${shown}: ${reasonOf(error)}`, { cause: error });
  }
}

/** What the system's failures are called in Topograph's answers (Go's `syscall.Errno`). */
const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EISDIR: "is a directory",
  ELOOP: "too many levels of symbolic links",
  ENAMETOOLONG: "file name too long",
  ENOENT: "no such file or directory",
  ENOTDIR: "not a directory",
  ERR_INVALID_ARG_VALUE: "invalid argument",
};

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return reasons[code] ?? error.message;
}
