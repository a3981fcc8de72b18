import { SluiceError } from "../../errors.ts";
import type { StoredJob } from "../../schema/stored-job.ts";
import type { FileSlice } from "../runner.ts";
import type { KeptFile } from "../cluster.ts";
import type { Caller, JobFile } from "../job-service.ts";
import type { ServiceDeps } from "./engine.ts";
import { toSubmitted } from "./owned-cluster.ts";
import type { OfUser, UsersCluster } from "./users-cluster.ts";

/** Enough that a file over ssh takes few turns, and a slow line gets one through within its deadline. */
const pieceBytes = 2 * 1024 * 1024;

interface Asked {
  readonly cluster: string;
  readonly caller: Caller;
}

/** Throws `INPUT_INVALID`, `CLUSTER_NOT_FOUND`, and `FORBIDDEN` for a caller whose jobs may not run there. */
export async function keepFile(
  deps: ServiceDeps,
  { sha256, bytes, ...asked }: Asked & KeptFile,
  signal: AbortSignal,
): Promise<string> {
  const { files, user } = await filesOf(deps, asked);
  return files.keepFile({ sha256, bytes, user }, signal);
}

/** Throws as `keepFile`. */
export async function keptFile(
  deps: ServiceDeps,
  { sha256, ...asked }: Asked & Pick<KeptFile, "sha256">,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { files, user } = await filesOf(deps, asked);
  return files.keptFile({ sha256, user }, signal);
}

/** A cluster's files, as whom the caller's jobs run there. Its scheduler is asked for nothing. */
async function filesOf(
  { loops, directory }: ServiceDeps,
  { cluster, caller }: Asked,
): Promise<OfUser<{ readonly files: UsersCluster }>> {
  const loop = await loops.require(cluster);
  const { user } = (await directory.runAs?.(cluster, caller)) ?? {};
  return { files: await loop.files(), user };
}

export interface JobFileRequest {
  readonly job: StoredJob;
  readonly name: string;
  /** The files of the job's cluster. */
  files(): Promise<Pick<UsersCluster, "readJobFile">>;
}

/** `undefined` where the job has left no file of that name, or is not on its cluster yet. */
export async function openJobFile(request: JobFileRequest, signal: AbortSignal): Promise<JobFile | undefined> {
  const { job, name } = request;
  const submitted = toSubmitted(job);
  if (submitted === undefined) return undefined;
  const files = await request.files();
  const read = (offset: number, until: AbortSignal): Promise<FileSlice | undefined> =>
    files.readJobFile(submitted, name, { offset, maxBytes: pieceBytes }, until);
  const first = await read(0, signal);
  if (first === undefined) return undefined;
  const { size } = first;
  return {
    size,
    async *pieces(until) {
      yield first.bytes;
      for (let offset = first.bytes.length; offset < size;) {
        const slice = await read(offset, until);
        if (slice?.size !== size || slice.bytes.length === 0) {
          throw new SluiceError("FILE_UNREADABLE", `the file "${name}" of job ${job.id} changed as it was read`, {
            details: { jobId: job.id, name },
          });
        }
        yield slice.bytes;
        offset += slice.bytes.length;
      }
    },
  };
}
