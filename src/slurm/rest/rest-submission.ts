import { z } from "zod";
import { SluiceError } from "../../errors.ts";
import type { GivenOption } from "../batch/read-options.ts";
import { restOptions } from "./rest-options.ts";
import { readEnvelope, restErrorNumbers, restFailure, type RestReply } from "./rest-reply.ts";
import type { RestVersion } from "./rest-version.ts";

/** A job as it is to be submitted. */
export interface RestSubmission {
  /** What the nodes run, as text. */
  readonly script: string;
  /** The path and the arguments that the queue is to show for the script, where the version can. */
  readonly argv: readonly [string, ...string[]];
  /** Absolute path. */
  readonly workDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Options that count. */
  readonly options: readonly GivenOption[];
}

/** What sbatch 24.11 gives to every job (measured). */
const launcherVariables = {
  HYDRA_BOOTSTRAP: "slurm",
  HYDRA_LAUNCHER_EXTRA_ARGS: "--external-launcher",
  I_MPI_HYDRA_BOOTSTRAP: "slurm",
  I_MPI_HYDRA_BOOTSTRAP_EXEC_EXTRA_ARGS: "--external-launcher",
  OMPI_MCA_plm_slurm_args: "--external-launcher",
  PRTE_MCA_plm_slurm_args: "--external-launcher",
};

/**
 * The body of `POST job/submit`, or the names of the options that this version cannot say as sbatch would. A field that is
 * not known is only warned of by slurmrestd, so nothing is sent of which it is not sure what becomes.
 */
export function writeRestSubmission(
  version: RestVersion,
  { script, argv, workDirectory, environment, options }: RestSubmission,
): { readonly body: string } | { readonly unsaid: readonly string[] } {
  const { fields, variables, unsaid } = restOptions(version, options);
  if (unsaid.length > 0) return { unsaid };
  const all = { ...(version.sbatch2411 && launcherVariables), ...environment, ...variables };
  const job = {
    current_working_directory: workDirectory,
    environment: version.options === "words" ? all : Object.entries(all).map(([name, value]) => `${name}=${value}`),
    ...(version.mark === "argv" && { argv }),
    ...(version.script === "inside" && { script }),
    ...fields,
  };
  return { body: JSON.stringify(version.script === "inside" ? { job } : { script, job }) };
}

const Submitted = z.looseObject({ job_id: z.int().min(1) });

/**
 * The native id of a job that was taken. Throws `SUBMIT_REJECTED` with Slurm's words, `CLUSTER_UNREACHABLE` and
 * `REPLY_UNREADABLE`; where the error's `mayHaveRun` is true, a job may have come of it all the same.
 */
export function readRestSubmission(reply: RestReply): string {
  const envelope = readEnvelope(reply);
  const submitted = Submitted.safeParse(envelope);
  if (submitted.success) return String(submitted.data.job_id);
  const numbers = restErrorNumbers(envelope);
  if (numbers.length === 0 && reply.status < 400) {
    const message = `slurmrestd answered ${reply.request} with HTTP ${reply.status}, no job and no error`;
    const details = { program: "slurmrestd", request: reply.request, status: reply.status, mayHaveRun: true };
    throw new SluiceError("REPLY_UNREADABLE", message, { details });
  }
  const isRefusal = reply.status === 400 || numbers.some(isOfController);
  const { code, message, details } = restFailure(
    reply,
    envelope,
    isRefusal ? "SUBMIT_REJECTED" : "CLUSTER_UNREACHABLE",
  );
  const mayHaveRun = code === "CLUSTER_UNREACHABLE" && !conclusive.test(message);
  throw new SluiceError(code, message, { details: { ...details, mayHaveRun } });
}

/**
 * Whether an error is a word of slurmctld, its database or slurmrestd itself on what was asked (slurm_errno.h: from 2000 and from
 * 7000), and not one on the way there (1000, 4000, 5000 and more), or of nobody (-1).
 */
function isOfController(number: number): boolean {
  return (number >= 2000 && number < 4000) || number >= 7000;
}

/** Slurm's words for a controller that was not reached at all, or that took nothing, as one with MaxJobCount jobs does. */
const conclusive = /connect failure|temporarily unable to accept job|Resource temporarily unavailable|standby mode/i;
