import { existsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { SluiceError } from "../../errors.ts";

/** What a Slurmfile is called in a folder; the first one that is there counts. */
export const slurmfileNames = ["Slurmfile", "Slurmfile.toml", "slurmfile", "slurmfile.toml"] as const;

/** From where a Slurmfile is looked for. */
export interface SlurmfileSearch {
  /** A file, or the folder of one; it alone counts where it is given. */
  readonly path?: string | undefined;
  /** Of which `SLURMFILE` counts next, and `HOME` for paths with `~`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** From here upwards it is looked for otherwise. */
  readonly cwd: string;
}

/** The absolute path of the Slurmfile; `undefined` where none is named and none is found. Throws `SLURMFILE_NOT_FOUND`. */
export function findSlurmfile({ path, env, cwd }: SlurmfileSearch): string | undefined {
  if (path !== undefined) return namedFile(path, { env, cwd, by: "" });
  const variable = env["SLURMFILE"];
  if (variable !== undefined && variable !== "")
    return namedFile(variable, { env, cwd, by: ", which SLURMFILE names" });
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const found = slurmfileIn(folder);
    if (found !== undefined) return found;
    if (dirname(folder) === folder) return undefined;
  }
}

/**
 * Whether a text that may name a Slurmfile or an environment in one is the first: a path that is there, that has a separator, that
 * begins with `.` or `~`, or that ends in `.toml`.
 */
export function isPath(text: string, { env, cwd }: Omit<SlurmfileSearch, "path">): boolean {
  return /[/\\]|^[.~]|\.toml$/.test(text) || existsSync(toAbsolute(text, { env, cwd }));
}

function namedFile(path: string, { env, cwd, by }: Omit<SlurmfileSearch, "path"> & { readonly by: string }): string {
  const absolute = toAbsolute(path, { env, cwd });
  const notFound = (problem: string): SluiceError =>
    new SluiceError("SLURMFILE_NOT_FOUND", problem, { details: { path: absolute } });
  const stat = statSync(absolute, { throwIfNoEntry: false });
  if (stat === undefined) throw notFound(`there is no ${absolute}${by}; sluice init writes a Slurmfile.toml`);
  if (!stat.isDirectory()) return absolute;
  const found = slurmfileIn(absolute);
  if (found !== undefined) return found;
  throw notFound(`the folder ${absolute}${by} has no Slurmfile.toml; sluice init writes one`);
}

function slurmfileIn(folder: string): string | undefined {
  return slurmfileNames
    .map((name) => join(folder, name))
    .find((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true);
}

function toAbsolute(path: string, { env, cwd }: Omit<SlurmfileSearch, "path">): string {
  const home = env["HOME"] ?? homedir();
  return resolve(cwd, path.replace(/^~(?=\/|$)/, home));
}
