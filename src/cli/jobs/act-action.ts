import { errorCodes } from "../../error-codes.ts";
import { SluiceError } from "../../errors.ts";
import type { Context } from "../command.ts";
import type { ActionName } from "./act.ts";
import { stateOf } from "./job-text.ts";
import { openJobsClient } from "./jobs-client.ts";

/** Does the same with each job. One that cannot be had does not hinder the others; the exit code is that of the first failure. */
export async function act(
  context: Context,
  name: ActionName,
  ids: readonly string[],
  { json, quiet }: { readonly json?: boolean; readonly quiet?: boolean },
): Promise<number> {
  await using jobs = await openJobsClient(context);
  let exitCode = 0;
  for (const id of ids) {
    try {
      const job = await jobs.client[name](id, { signal: context.signal });
      if (json === true) context.io.out(`${JSON.stringify(job)}\n`);
      else if (quiet !== true) context.io.out(`${job.id}  ${stateOf(job)}\n`);
    } catch (error) {
      if (!(error instanceof SluiceError) || ids.length === 1) throw error;
      context.io.err(`error: ${id}: ${error.message} [${error.code}]\n`);
      exitCode ||= errorCodes[error.code].exit;
    }
  }
  return exitCode;
}
