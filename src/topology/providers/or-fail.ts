import { TopologyError } from "../topology-error.ts";
import { withoutSecrets } from "../without-secrets.ts";
import { failureText } from "./failure-text.ts";
import { untilAborted } from "./until-aborted.ts";

export interface FailureOptions {
  /** 502 where left out: the cloud could not be asked, and another attempt may help. */
  readonly status?: number;
  /** What was sent and must not be told, should the cloud repeat it. */
  readonly secrets?: readonly string[];
}

/**
 * Waits for a cloud's answer. Throws the signal's reason, and `TopologyError` with what was done and why it failed. The
 * client's own error is not kept as a cause: clients hang requests onto errors, and credentials onto requests.
 */
export async function orFail<T>(
  doing: string,
  work: Promise<T>,
  signal: AbortSignal,
  { status = 502, secrets = [] }: FailureOptions = {},
): Promise<T> {
  try {
    return await untilAborted(work, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TopologyError) throw error;
    const reason = withoutSecrets(failureText(error), secrets);
    throw new TopologyError(status, doing === "" ? reason : `${doing}: ${reason}`);
  }
}
