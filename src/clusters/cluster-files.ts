import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { setImmediate } from "node:timers/promises";
import { SluiceError } from "../errors.ts";
import type { Cluster, KeptFile } from "../jobs/cluster.ts";
import type { Runner } from "../jobs/runner.ts";
import { jobFileNames, sha256Digits } from "../schema/cluster-files.ts";

/** So many bytes are hashed before others get their turn. */
const turnBytes = 1024 * 1024;

/**
 * What is kept in `<base>/files`, mode 0700, and what jobs leave in `<base>/jobs/<ULID>/files`. A file of the first has its
 * hash for a name, is placed whole, and never changes, so that nobody ever needs to look into it again.
 */
export function clusterFiles(runner: Runner, base: string): Pick<Cluster, "keepFile" | "keptFile" | "readJobFile"> {
  const sizeOf = async (path: string, signal: AbortSignal): Promise<number | undefined> =>
    (await runner.readFile(path, { offset: 0, maxBytes: 0 }, signal))?.size;
  return {
    async keepFile(file, signal) {
      await requireContent(file);
      const path = keptPath(base, file.sha256);
      if ((await sizeOf(path, signal)) === file.bytes.length) return path;
      await runner.makeDirectory(dirname(path), { mode: 0o700 }, signal);
      await runner.writeFile(path, file.bytes, { mode: 0o600 }, signal);
      return path;
    },

    async keptFile(sha256, signal) {
      const path = keptPath(base, sha256);
      return (await sizeOf(path, signal)) === undefined ? undefined : path;
    },

    readJobFile: ({ directory }, name, range, signal) =>
      runner.readFile(jobFilePath(directory, name), { ...range, under: dirname(directory) }, signal),
  };
}

/** Where content of this hash is kept. Throws `INPUT_INVALID` for what is no hash. */
export function keptPath(base: string, sha256: string): string {
  if (sha256Digits.test(sha256)) return `${base}/files/${sha256}`;
  throw invalid("sha256", `${JSON.stringify(sha256.slice(0, 80))} is no SHA-256 in 64 lower-case hexadecimal digits`);
}

/** Where a job leaves the file of this name. Throws `INPUT_INVALID` for a name that no such file has. */
export function jobFilePath(directory: string, name: string): string {
  if (jobFileNames.test(name)) return `${directory}/files/${name}`;
  throw invalid(
    "name",
    `${JSON.stringify(name.slice(0, 140))} is none of a job's file: up to 128 letters, digits, dots, underscores and ` +
      "hyphens, the first a letter or a digit",
  );
}

/** Throws `INPUT_INVALID` where the bytes have another hash than is said of them. */
export async function requireContent({ sha256, bytes }: KeptFile): Promise<void> {
  const hash = createHash("sha256");
  for (let at = 0; at < bytes.length; at += turnBytes) {
    hash.update(bytes.subarray(at, at + turnBytes));
    await setImmediate();
  }
  const found = hash.digest("hex");
  if (found === sha256) return;
  throw invalid(
    "sha256",
    `the ${bytes.length} bytes have the SHA-256 ${found}, not ${JSON.stringify(sha256.slice(0, 80))}`,
  );
}

function invalid(field: string, problem: string): SluiceError {
  return new SluiceError("INPUT_INVALID", `${field}: ${problem}`, { details: { field } });
}
