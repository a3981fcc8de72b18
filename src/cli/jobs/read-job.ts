import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { Client, ClusterView, JobBody } from "../../client/client.ts";
import { SluiceError } from "../../errors.ts";
import type { Context } from "../command.ts";
import { readInput } from "../read-input.ts";
import type { JobArguments } from "./job-arguments.ts";
import { plain } from "./job-text.ts";
import type { JobsClient } from "./jobs-client.ts";

/** The job that the arguments ask for, but for the place where it is to run. Throws `FILE_UNREADABLE`, `SCRIPT_INVALID`. */
export async function readJob({ body, job }: JobArguments, context: Context): Promise<JobBody> {
  if ("command" in job) return { ...body, command: job.command };
  const fromStdin = job.script === "-";
  const bytes = fromStdin
    ? await readInput(context, job.script)
    : await readScriptFile(job.script, resolve(context.cwd, job.script));
  const name = fromStdin ? "stdin" : plain(basename(job.script));
  const isNamed = body.name !== undefined || /^#SBATCH\s.*(?:--job-name|-J)/m.test(bytes.toString("latin1"));
  if (bytes.length === 0) throw new SluiceError("SCRIPT_INVALID", `the script "${job.script}" is empty`);
  return {
    ...body,
    ...(!isNamed && { name }),
    script: decode(bytes, job.script),
    ...(job.args.length > 0 && { args: job.args }),
  };
}

async function readScriptFile(script: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new SluiceError("FILE_UNREADABLE", `the script "${script}" cannot be read: ${words}`, {
      cause,
      details: { field: "SCRIPT", path },
    });
  }
}

function decode(bytes: Uint8Array, script: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new SluiceError("SCRIPT_INVALID", `the script "${script}" is not UTF-8, in which a job is handed in`, {
      cause,
    });
  }
}

/** Whether a cluster is known to take no jobs now. */
export function isAway({ status, code }: ClusterView): boolean {
  return status === "unreachable" || code === "CLUSTER_NOT_RUNNING";
}

/**
 * The cluster that takes a job: the one that is named, SLURM_TEST_CLUSTER, or the one that takes jobs where none is named.
 * Throws `CLUSTER_NOT_FOUND`, and `INPUT_INVALID` where it would be a guess.
 */
export async function chooseCluster(
  client: Client,
  { named, testCluster }: { readonly named: string | undefined; readonly testCluster: string | undefined },
  signal: AbortSignal,
): Promise<ClusterView> {
  const clusters = await client.clusters({ signal });
  const wanted = named ?? testCluster;
  const found = clusters.find(({ name, isDefault }) => (wanted === undefined ? isDefault === true : name === wanted));
  if (found !== undefined) return found;
  const known = clusters.map(({ name }) => name).join(", ");
  if (clusters.length === 0) {
    throw new SluiceError(
      "CLUSTER_UNREACHABLE",
      "the Slurm of this host does not answer, and no other cluster is known",
    );
  }
  if (wanted === undefined) {
    throw new SluiceError("INPUT_INVALID", `--cluster: there is no default cluster; name one of ${known}`, {
      details: { field: "--cluster" },
    });
  }
  const field = named === undefined ? "SLURM_TEST_CLUSTER" : "--cluster";
  throw new SluiceError(
    "CLUSTER_NOT_FOUND",
    `${field}: no cluster ${JSON.stringify(wanted.slice(0, 60))} is known; known: ${known || "none"}`,
    { details: { field, name: wanted.slice(0, 60) } },
  );
}

/** The job as one cluster takes it: where paths of this machine mean the same there, it starts in this folder. */
export function placeJob(
  job: JobBody,
  { name, isRemote = false }: ClusterView,
  { sharesPaths }: JobsClient,
  cwd: string,
): JobBody {
  const isHere = sharesPaths && !isRemote;
  const folder = job.cwd === undefined ? (isHere ? cwd : undefined) : isHere ? resolve(cwd, job.cwd) : job.cwd;
  return { ...job, cluster: name, ...(folder !== undefined && { cwd: folder }) };
}
