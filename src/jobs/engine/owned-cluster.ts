import type { SluiceErrorCode } from "../../error-codes.ts";
import { SluiceError } from "../../errors.ts";
import type { StoredJob } from "../../schema/stored-job.ts";
import type { Clock } from "../clock.ts";
import type { QueueEntry, SubmittedJob } from "../cluster.ts";
import type { Fence, JobStore } from "../store.ts";
import type { Bell } from "./bell.ts";
import type { Steps } from "./steps.ts";
import type { TokenBucket } from "./token-bucket.ts";
import type { TrackedJobs } from "./tracked-jobs.ts";
import type { OfUser, UsersCluster } from "./users-cluster.ts";

/** A cluster for as long as this process holds its lease: what its dispatcher and its poller share. */
export interface OwnedCluster {
  readonly cluster: UsersCluster;
  /** Whether it is on another machine, where a request may arrive long after it was given up here. */
  readonly isRemote: boolean;
  readonly fence: Fence;
  readonly store: JobStore;
  readonly clock: Clock;
  readonly steps: Steps;
  readonly pace: PollPace;
  readonly budget: TokenBucket;
  readonly health: Health;
  readonly tracked: TrackedJobs;
  /** Rung when there may be something to submit. */
  readonly dispatchBell: Bell;
  /** Rung when something of ours moves. */
  readonly pollBell: Bell;
  /** Aborts when the lease is lost or the engine ends; nothing is begun after that. */
  readonly signal: AbortSignal;
  /** Aborts some time later: what was begun is cut short then. */
  readonly urgent: AbortSignal;
}

/** How soon a queue is looked at again. */
export interface PollPace {
  /** In milliseconds, while something of ours moves, and at most while something of ours is there. */
  readonly moving: number;
  readonly quiet: number;
  /**
   * In milliseconds: where a look at the one job that is followed costs less, the others are looked at so seldom. All are looked
   * at each time where absent, for an engine that many ask.
   */
  readonly whole?: number;
  /** A look takes at most this share of the time, so that a long queue is read less often. */
  readonly share: number;
}

/** What is known of a cluster in this process; the loops write it, the doors read it. */
export interface Health {
  status: "up" | "unreachable" | "unknown";
  message?: string;
  code?: string;
  /** Why jobs cannot be submitted, though the cluster may answer. */
  submitProblem?: string;
  lastAnswer?: string;
  pollMs: number;
  queue: readonly QueueEntry[];
}

export function noteAnswer(health: Health, clock: Clock): void {
  health.status = "up";
  delete health.message;
  delete health.code;
  health.lastAnswer = new Date(clock.now()).toISOString();
}

export function noteSilence(health: Health, error: unknown): void {
  health.status = "unreachable";
  health.message = error instanceof Error ? error.message : String(error);
  if (error instanceof SluiceError) health.code = error.code;
  else delete health.code;
}

/** Whether the lease, or the store, is what failed: then nothing more can be done here. */
export function isOurs(error: unknown): boolean {
  const codes: readonly SluiceErrorCode[] = ["CLUSTER_BUSY", "STORE_UNAVAILABLE", "STORE_NEWER"];
  return !(error instanceof SluiceError) || codes.includes(error.code);
}

/** Whether a cluster has stopped or gone, and will not answer before somebody starts it. */
export function isAway(error: unknown): boolean {
  const codes: readonly SluiceErrorCode[] = ["CLUSTER_NOT_RUNNING", "CLUSTER_NOT_FOUND"];
  return error instanceof SluiceError && codes.includes(error.code);
}

/** A stored job as its cluster knows it; `undefined` for one that the scheduler does not have. */
export function toSubmitted({ id, user, nativeId, directory, tasks }: StoredJob): OfUser<SubmittedJob> | undefined {
  if (nativeId === undefined || directory === undefined) return undefined;
  return { jobId: id, user, nativeId, directory, ...(tasks !== undefined && { tasks }) };
}
