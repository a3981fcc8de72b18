import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { SluiceError } from "../../errors.ts";
import { areUnchanged, stampPaths, type Stamp } from "./input-stamps.ts";
import { SharedWork } from "./shared-work.ts";

export interface PackedProject {
  readonly tarball: Uint8Array;
  readonly lockfile: Uint8Array;
}

interface Packed extends PackedProject {
  readonly stamps: readonly Stamp[] | undefined;
}

const packDeadlineMs = 120_000;
/** Folders that npm never packs, and that change while nothing is packed. */
const leftOut: ReadonlySet<string> = new Set(["node_modules", ".git", ".slurm-cluster"]);

const packing = new SharedWork<Packed>();
const remembered = new Map<string, Packed>();

/**
 * A project as `npm pack` packs it, and its lockfile; packed again when one of its files changed. Its scripts are not run. Throws
 * `BUNDLE_FAILED` where it has no lockfile, and with npm's words where npm cannot.
 */
export async function packProject(project: string, signal: AbortSignal | undefined): Promise<PackedProject> {
  const known = remembered.get(project);
  if (known?.stamps !== undefined && areUnchanged(known.stamps)) return known;
  const packed = await packing.do(project, signal, (stop) => pack(project, stop));
  remembered.set(project, packed);
  return packed;
}

async function pack(project: string, signal: AbortSignal): Promise<Packed> {
  const lock = ["npm-shrinkwrap.json", "package-lock.json"]
    .map((name) => join(project, name))
    .find((path) => existsSync(path));
  if (lock === undefined) {
    throw new SluiceError(
      "BUNDLE_FAILED",
      `packaging "npm" needs a lockfile, and ${project} has no package-lock.json; run npm install there`,
      { details: { project } },
    );
  }
  const since = Date.now();
  const folder = await mkdtemp(join(tmpdir(), "sluice-pack-"));
  try {
    const argv = ["pack", "--ignore-scripts", "--loglevel=error", "--pack-destination", folder];
    await promisify(execFile)("npm", argv, { cwd: project, signal, timeout: packDeadlineMs });
    const [name] = await readdir(folder);
    if (name === undefined) throw new Error("npm pack left no file");
    const [tarball, lockfile] = await Promise.all([readFile(join(folder, name)), readFile(lock)]);
    return { tarball, lockfile, stamps: stampPaths([lock, ...everythingBelow(project)], since) };
  } catch (error) {
    signal.throwIfAborted();
    const words = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    throw new SluiceError(
      "BUNDLE_FAILED",
      `${project} cannot be packed by npm: ${words === "" ? String(error) : words}`,
      {
        cause: error,
        details: { project },
      },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function everythingBelow(folder: string): readonly string[] {
  const below = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !leftOut.has(name));
  const paths = below.flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? everythingBelow(path) : [path];
  });
  return [folder, ...paths];
}
