import { createRequire } from "node:module";
import { SluiceError } from "../../errors.ts";
import { projectOf } from "../define/project.ts";
import { buildBundle, type BundleRequest } from "./build-bundle.ts";
import { BundleFolder, hashOf } from "./bundle-folder.ts";
import { areUnchanged, stampInputs, stampPaths, type Stamp } from "./input-stamps.ts";
import { ownModule, ownVersion } from "./own-copy.ts";
import { SharedWork } from "./shared-work.ts";

/** What has to be known of a task for its code to be put together. */
export interface Bundled {
  readonly kind: "task" | "workflow";
  /** The file that defines it, absolute. */
  readonly module: string;
}

export interface BundleOptions {
  /** Where Sluice keeps what is its own: what was put together before is in `bundles` there. */
  readonly home: string;
  /** The oldest Node that will run it, as `22.18`. */
  readonly target: string;
  /** Packages that are left out. */
  readonly external?: readonly string[] | undefined;
  /** Whether all packages are left out, as the project will be installed. */
  readonly installed?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface TaskBundle {
  /** Of the code, in hex. */
  readonly sha256: string;
  /** Folder of the project that the task's module is of. */
  readonly project: string;
  /** For people: what was left out, and esbuild's warnings. */
  readonly notes: readonly string[];
  /** Whether it was made before. */
  readonly cached: boolean;
}

interface Entry {
  readonly sha256: string;
  readonly notes: readonly string[];
  readonly stamps: readonly Stamp[];
}

const building = new SharedWork<TaskBundle>();
/** By home and key: what was found good on disk, the file with the code among its stamps. */
const remembered = new Map<string, Entry>();

/**
 * The code of a task in one file, with all that its module imports: named by its content, kept on disk, and made anew when
 * something changed that it depends on, or its file. Throws `BUNDLE_FAILED` with esbuild's words, and `FILE_UNWRITABLE`.
 */
export async function bundleTask(task: Bundled, options: BundleOptions): Promise<TaskBundle> {
  const { home, target, external = [], installed = false, signal } = options;
  const { kind, module } = task;
  const request = { module, kind, project: projectOf(module), target, external, installed };
  const key = hashOf(JSON.stringify([request, ownModule(""), ownVersion(), esbuildVersion()]));
  signal?.throwIfAborted();
  const folder = new BundleFolder(home);
  const known = remembered.get(`${home}\0${key}`);
  const found = known !== undefined && areUnchanged(known.stamps) ? known : recall(folder, { home, key });
  if (found === undefined) return building.do(`${home}\0${key}`, signal, () => build(folder, { home, key }, request));
  return { sha256: found.sha256, notes: found.notes, project: request.project, cached: true };
}

/** The bytes of a bundle. Throws `FILE_UNREADABLE` where its file was damaged since it was looked at; then it can be made again. */
export async function readBundle({ sha256 }: TaskBundle, home: string): Promise<Uint8Array> {
  const folder = new BundleFolder(home);
  const bytes = folder.readContent(sha256);
  if (bytes !== undefined) return bytes;
  throw new SluiceError(
    "FILE_UNREADABLE",
    `${folder.contentPath(sha256)} was damaged or removed just now; submit again`,
  );
}

/** What is on disk, from another process or from this one before. The code is read too, and is what it was. */
function recall(
  folder: BundleFolder,
  { home, key }: { readonly home: string; readonly key: string },
): Entry | undefined {
  const note = folder.readNote(key);
  if (!isEntry(note) || !areUnchanged(note.stamps)) return undefined;
  folder.touch(folder.notePath(key), folder.contentPath(note.sha256));
  return remember(folder, { home, key }, note) ? note : undefined;
}

/** Looks at the file with the code; as long as it stays as it is now, it is good. False where it is damaged. */
function remember(
  folder: BundleFolder,
  { home, key }: { readonly home: string; readonly key: string },
  { sha256, notes, stamps }: Entry,
): boolean {
  const file = stampPaths([folder.contentPath(sha256)], Infinity) ?? [];
  if (folder.readContent(sha256) === undefined) return false;
  remembered.set(`${home}\0${key}`, { sha256, notes, stamps: [...stamps, ...file] });
  return true;
}

async function build(
  folder: BundleFolder,
  { home, key }: { readonly home: string; readonly key: string },
  request: BundleRequest,
): Promise<TaskBundle> {
  const since = Date.now();
  const { bytes, inputs, notes } = await buildBundle(request);
  const sha256 = await folder.writeContent(bytes);
  const stamps = stampInputs(inputs, { project: request.project, since });
  if (stamps === undefined) remembered.delete(`${home}\0${key}`);
  else {
    await folder.writeNote(key, { sha256, notes, stamps });
    remember(folder, { home, key }, { sha256, notes, stamps });
  }
  await folder.prune();
  return { sha256, notes, project: request.project, cached: false };
}

/** Its own hash has said that this wrote it; its shape may be an older one. */
function isEntry(note: unknown): note is Entry {
  if (typeof note !== "object" || note === null) return false;
  const { sha256, notes, stamps }: Partial<Record<keyof Entry, unknown>> = note;
  return typeof sha256 === "string" && Array.isArray(notes) && Array.isArray(stamps);
}

let esbuildsVersion: string | undefined;

function esbuildVersion(): string {
  if (esbuildsVersion === undefined) {
    const text: { version?: unknown } = createRequire(import.meta.url)("esbuild/package.json");
    esbuildsVersion = String(text.version);
  }
  return esbuildsVersion;
}
