import { flag, readJobArguments, word, type JobArguments } from "./jobs/job-arguments.ts";
import { seconds } from "./numbers.ts";

/** What `sluice run` was asked for. */
export interface RunArguments extends JobArguments {
  readonly keep: boolean;
  readonly timeoutMs?: number;
}

const own = [flag("keep", "Keep the job's own folder"), word("timeout", "Stop waiting after so long")];

/** Throws `INPUT_INVALID`, naming the argument. */
export function readRunArguments(argv: readonly string[]): RunArguments {
  const given = readJobArguments(argv, { command: "run", own });
  const timeout = given.value("timeout");
  return {
    ...given,
    keep: given.has("keep"),
    ...(timeout !== undefined && { timeoutMs: seconds("--timeout")(timeout) }),
  };
}
