import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { SluiceError } from "../errors.ts";
import { ClusterRecord } from "../schema/cluster-record.ts";
import { removeIfEmpty } from "./folders.ts";

/**
 * The per-user registry of test clusters: one small JSON file each, so that `list` and `--name` work from anywhere. All
 * calls are synchronous: a record must be on disk before the daemon that it names can be forgotten.
 */
export interface Records {
  readonly directory: string;
  get(name: string): ClusterRecord | undefined;
  list(): ClusterRecord[];
  put(record: ClusterRecord): void;
  remove(name: string): void;
}

/** Opens the registry below a user's state folder; nothing is made until something is put. */
export function openRecords(stateDirectory: string): Records {
  const directory = join(stateDirectory, "clusters");
  const fileOf = (name: string): string => join(directory, `${name}.json`);
  return {
    directory,
    get: (name) => readRecord(fileOf(name)),
    list: () =>
      listFolder(directory)
        .filter((file) => file.endsWith(".json"))
        .map((file) => readRecord(join(directory, file)))
        .filter((record) => record !== undefined)
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    put(record) {
      const file = fileOf(record.name);
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const temporary = `${file}.${process.pid}.new`;
      writeFileSync(temporary, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
      renameSync(temporary, file);
    },
    remove(name) {
      rmSync(fileOf(name), { force: true });
      // One that was being written when its writer was killed.
      for (const file of listFolder(directory)) {
        if (file.startsWith(`${name}.json.`) && /\.json\.\d+\.new$/.test(file))
          rmSync(join(directory, file), { force: true });
      }
      // The last cluster takes the folders with it, so that nothing stays behind.
      for (const folder of [directory, dirname(directory)]) removeIfEmpty(folder);
    },
  };
}

function listFolder(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw unreadable(directory, error);
  }
}

function readRecord(file: string): ClusterRecord | undefined {
  let text: string;
  try {
    // Asked for every job, of a name that most often is of no test cluster: an error costs twenty times as much as the look.
    if (statSync(file, { throwIfNoEntry: false }) === undefined) return undefined;
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw unreadable(file, error);
  }
  const result = ClusterRecord.safeParse(parseJson(text));
  if (result.success) return result.data;
  throw new SluiceError(
    "CONFIG_INVALID",
    `${file}: ${result.error.issues[0]?.path.join(".")}: ${result.error.issues[0]?.message}; remove the file if Sluice no longer needs it`,
    { details: { file } },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function unreadable(path: string, cause: unknown): SluiceError {
  return new SluiceError(
    "FILE_UNREADABLE",
    `cannot read ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause },
  );
}
