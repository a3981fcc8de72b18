import { TopologyError } from "../topology-error.ts";
import { failureText } from "./failure-text.ts";
import { untilAborted } from "./until-aborted.ts";

export interface FailureOptions {
  /** 502 where left out: the cloud could not be asked, and another attempt may help. */
  readonly status?: number;
}

/**
 * Waits for a cloud's answer. Throws the signal's reason, and `TopologyError` with what was done and why it failed. The
 * client's own error is not kept as a cause: clients hang requests onto errors, and credentials onto requests.
 */
export async function orFail<T>(
  doing: string,
  work: Promise<T>,
  signal: AbortSignal,
  { status = 502 }: FailureOptions = {},
): Promise<T> {
  try {
    return await untilAborted(work, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TopologyError) throw error;
    throw new TopologyError(status, doing === "" ? failureText(error) : `${doing}: ${failureText(error)}`);
  }
}
