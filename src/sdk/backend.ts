import type { Client } from "../client/client.ts";

/** What the gateway's contract has that the SDK needs. */
type Needed =
  | "submit"
  | "job"
  | "tasks"
  | "script"
  | "wait"
  | "cancel"
  | "explain"
  | "events"
  | "output"
  | "keptFile"
  | "keepFile"
  | "jobFile";

/**
 * One cluster as the SDK reaches it: through a gateway, through an engine in this process, or made up for a test. Failures
 * are `SluiceError`s. Nothing is opened before it is first asked for something; disposing closes what was opened, and
 * leaves jobs as they are.
 */
export interface Backend extends Pick<Client, Needed>, AsyncDisposable {
  /** For people and for observers: how the cluster is reached. */
  readonly description: string;
  /** Set where no job is ever executed, as in a mock: then no code is brought there. */
  readonly runsNothing?: boolean;
  /** The cluster's name, as `submit` takes it; found out the first time. Throws `CLUSTER_NOT_FOUND`. */
  clusterName(signal?: AbortSignal): Promise<string>;
  /** Whether jobs there may wait for other jobs; where not, whoever submits waits. */
  hasDependencies(signal?: AbortSignal): Promise<boolean>;
}
