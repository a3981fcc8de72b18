import { flag, readJobArguments, type JobArguments } from "./job-arguments.ts";

/** What `sluice submit` was asked for. */
export interface SubmitArguments extends JobArguments {
  readonly wait: boolean;
  readonly testOnly: boolean;
}

const own = [flag("wait", "Wait for the end", "W"), flag("test-only", "Submit nothing")];

/** Throws `INPUT_INVALID`, naming the argument. */
export function readSubmitArguments(argv: readonly string[]): SubmitArguments {
  const given = readJobArguments(argv, { command: "submit", own });
  return { ...given, wait: given.has("wait"), testOnly: given.has("test-only") };
}
