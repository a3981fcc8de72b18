import { SluiceError } from "../../errors.ts";
import { Decoder } from "./decoder.ts";
import type { FileReference, ValueSources } from "./encoded-value.ts";
import type { JobReference } from "./job-marker.ts";
import { fileKey, jobKey, readBytes, readJob, unreadable } from "./read-tag.ts";

/** How many files and jobs are asked for at once. */
const atOnce = 8;

/**
 * The value of what an encoder wrote, once its JSON is parsed. What stands beside is fetched first, and then believed only
 * with the length, and the hash, that were written down. Nothing of it is run, and no prototype comes of it. Throws
 * `VALUE_UNREADABLE` where it is damaged or of a newer release, and what the sources throw.
 */
export async function decodeValue(encoded: unknown, sources: ValueSources = {}): Promise<unknown> {
  const { files, jobs } = referencesIn(encoded);
  const bytes = await fetchAll(files, (file) => fetchFile(file, sources));
  const values = await fetchAll(jobs, (job) => {
    if (sources.job === undefined) throw unreadable("the value of a job stands where none can be had");
    return sources.job(job);
  });
  try {
    return new Decoder(bytes, values).value(encoded, 0);
  } catch (error) {
    // A bigint or an array of a size that no memory holds.
    throw error instanceof SluiceError ? error : unreadable(error instanceof Error ? error.message : String(error));
  }
}

async function fetchFile(file: FileReference, sources: ValueSources): Promise<Uint8Array> {
  if (sources.file === undefined) throw unreadable("bytes stand beside it, where none can be had");
  const bytes = await sources.file(file);
  const name = "name" in file ? file.name : file.sha256;
  if (bytes.byteLength !== file.length) {
    throw unreadable(`its file ${name} has ${String(bytes.byteLength)} bytes rather than ${String(file.length)}`);
  }
  if ("sha256" in file && (await hashOf(bytes)) !== file.sha256) {
    throw unreadable(`its file ${name} has other content than its name says`);
  }
  return bytes;
}

/** Loading it takes every job 5 ms, and few have such files. */
async function hashOf(bytes: Uint8Array): Promise<string> {
  const { createHash } = await import("node:crypto");
  return createHash("sha256").update(bytes).digest("hex");
}

interface References {
  readonly files: ReadonlyMap<string, FileReference>;
  readonly jobs: ReadonlyMap<string, JobReference>;
}

/** What an encoded value names, each once. Walks without recursion: damaged input may be nested without end. */
function referencesIn(encoded: unknown): References {
  const files = new Map<string, FileReference>();
  const jobs = new Map<string, JobReference>();
  const left = [encoded];
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value !== "object" || value === null) continue;
    if (Array.isArray(value)) {
      for (const item of value) if (typeof item === "object") left.push(item);
      continue;
    }
    for (const [key, held] of Object.entries(value)) {
      if (key === "$bytes") {
        const { file } = readBytes(held);
        if (file !== undefined) files.set(fileKey(file), file);
      } else if (key === "$job") {
        const job = readJob(held);
        jobs.set(jobKey(job), job);
      } else {
        left.push(held);
      }
    }
  }
  return { files, jobs };
}

async function fetchAll<Reference, Value>(
  wanted: ReadonlyMap<string, Reference>,
  fetchOne: (reference: Reference) => Value | Promise<Value>,
): Promise<ReadonlyMap<string, Value>> {
  const found = new Map<string, Value>();
  const left = wanted.entries();
  const worker = async (): Promise<void> => {
    for (const [key, reference] of left) found.set(key, await fetchOne(reference));
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, wanted.size) }, worker));
  return found;
}
