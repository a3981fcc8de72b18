import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { SluiceError } from "../../errors.ts";
import { decodeValue } from "../values/decode-value.ts";
import type { JobReference } from "../values/job-marker.ts";
import { readEnvelope, resultName } from "./result-envelope.ts";

/** How long a file of another node may stay unseen (nfs(5), `acdirmax`), and of a job whose end is seen. */
const unseenMs = 60_000;
const unseenAfterEndMs = 10_000;

/**
 * The value of a job beside this one, whose folder is in the same folder. A file system that nodes share may show it late, so
 * it is waited for, a minute at most. Throws `TASK_FAILED` with the error of that job as its cause where its function threw,
 * and `RESULT_MISSING` where it left nothing.
 */
export async function valueOfJob(
  { id, task }: JobReference,
  {
    jobsFolder,
    signal,
    patienceMs = unseenMs,
  }: {
    readonly jobsFolder: string;
    readonly signal: AbortSignal;
    readonly patienceMs?: number;
  },
): Promise<unknown> {
  if (!/^[\w-]+$/.test(id)) throw new SluiceError("VALUE_UNREADABLE", `${JSON.stringify(id)} is not the id of a job`);
  const folder = join(jobsFolder, id);
  const path = join(folder, "files", resultName(task));
  const begun = Date.now();
  for (let pause = 20; !isThere(path); pause = Math.min(pause * 2, 1_000)) {
    const hasEnded = existsSync(join(folder, task === undefined ? "exit" : `exit.${task}`));
    if (Date.now() - begun > Math.min(patienceMs, hasEnded ? unseenAfterEndMs : patienceMs)) {
      throw new SluiceError(
        "RESULT_MISSING",
        `the value of job ${id}${task === undefined ? "" : `, task ${task},`} is needed here, and it left none in ${path}: ` +
          "it ended before its function did, or that folder is not shared by all nodes",
        { details: { jobId: id, path } },
      );
    }
    // Loaded here, as most calls wait for nothing.
    await process.getBuiltinModule("node:timers/promises").setTimeout(pause, undefined, { signal });
  }
  return valueOf(path, id);
}

/** Reads the value of a result file. Throws `TASK_FAILED` with what the function threw as its cause. */
export async function valueOf(path: string, jobId: string): Promise<unknown> {
  const envelope = readEnvelope(readFileSync(path, "utf8"));
  const sources = { file: besideResult(dirname(path)) };
  if (envelope.status === "ok") return decodeValue(envelope.value, sources);
  const cause = await decodeValue(envelope.error, sources);
  const words = cause instanceof Error ? cause.message : String(cause);
  throw new SluiceError("TASK_FAILED", `the value of job ${jobId} is needed here, and its function threw: ${words}`, {
    cause,
    details: { jobId },
  });
}

function besideResult(folder: string): (file: { readonly name: string } | { readonly sha256: string }) => Uint8Array {
  return (file) => {
    if (!("name" in file)) throw new SluiceError("VALUE_UNREADABLE", `a result names kept content ${file.sha256}`);
    return readFileSync(join(folder, basename(file.name)));
  };
}

/** A network file system may remember that there was no such file; it looks again when the folder is listed. */
function isThere(path: string): boolean {
  if (existsSync(path)) return true;
  try {
    return readdirSync(dirname(path)).includes(basename(path));
  } catch {
    return false;
  }
}
