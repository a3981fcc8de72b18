import { SluiceError } from "../../../errors.ts";
import type { Runner } from "../../../jobs/runner.ts";
import type { Command } from "../../../schema/command.ts";

/** What is needed to ask the cluster. */
export interface Asking {
  readonly runner: Runner;
  readonly signal: AbortSignal;
}

export function ask<T>({ runner, signal }: Asking, command: Command<T>): Promise<T> {
  return runner.run(command, { signal });
}

/** `undefined` for what cannot be learnt. Throws `CANCELLED`. */
export async function orNothing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof SluiceError && error.code !== "CANCELLED") return undefined;
    throw error;
  }
}
