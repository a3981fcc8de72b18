import type { StoredJob } from "../../schema/stored-job.ts";
import type { SubmitRequest } from "../cluster.ts";
import type { QueuedJob } from "../store.ts";

/** A stored submission as a cluster takes it. */
export function toRequest(
  { id, name }: Pick<StoredJob, "id" | "name">,
  submission: QueuedJob["submission"],
  dependency: string | undefined,
): SubmitRequest {
  const { script, args, options, environment, callerEnvironment, workDirectory } = submission;
  return {
    jobId: id,
    script: Buffer.from(script, "base64"),
    args,
    name,
    options: dependency === undefined ? options : [...options, `--dependency=${dependency}`],
    environment,
    ...(callerEnvironment !== undefined && { callerEnvironment }),
    ...(workDirectory !== undefined && { workDirectory }),
  };
}
