import { SluiceError } from "../errors.ts";

/** The error of an attempt to submit that was ended by a look for its job (see `Cluster.find`); nothing came of it. */
export function overtaken(jobId: string): SluiceError {
  return new SluiceError(
    "CLUSTER_BUSY",
    `job ${jobId} was not submitted: this attempt was held up, and another process has seen to the job meanwhile`,
    { details: { jobId, mayHaveRun: false } },
  );
}
