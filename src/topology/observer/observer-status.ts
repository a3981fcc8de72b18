/** How the last topology that was asked for fared. */
export interface ObserverStatus {
  /** `waiting`: for the API or the brokers; `generating`: asked for, and not there yet; `unknown`: nobody can say. */
  readonly state: "waiting" | "generating" | "succeeded" | "failed" | "unknown";
  /** The id of the request, where it has one. */
  readonly uid?: string;
  /** Why it waits, or the words that it failed with. */
  readonly message?: string;
  /** The HTTP status that it failed with. */
  readonly code?: number;
  /** Since when, in ISO 8601. */
  readonly since: string;
}
