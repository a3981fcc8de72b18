import type { ExitStatus, JobState } from "../schema/job.ts";
import type { TokenScope } from "../schema/api-token.ts";
import type { StoredEventType } from "../schema/stored-event.ts";
import type { Freshness } from "../schema/stored-job.ts";
import type { TopologyState } from "../topology/topology-store.ts";

/** The tables of the newest migration. Times are milliseconds since the epoch, flags are 0 and 1, lists and maps are JSON. */
export interface Tables {
  readonly job: JobRow;
  readonly submission: SubmissionRow;
  readonly label: LabelRow;
  readonly task: TaskRow;
  readonly event: EventRow;
  readonly event_state: EventStateRow;
  readonly idempotency: IdempotencyRow;
  readonly lease: LeaseRow;
  readonly token: TokenRow;
  readonly topology_state: TopologyStateRow;
  readonly topology_request: TopologyRequestRow;
  readonly topology_answer: TopologyAnswerRow;
  readonly migration: MigrationRow;
}

/** What the scheduler says of a job or of one task. */
export interface SightedColumns {
  state: JobState;
  raw_state: string | null;
  reason: string | null;
  exit_status: ExitStatus["status"] | null;
  exit_signal: ExitStatus["signal"] | null;
  nodes: string | null;
  partition: string | null;
  stdout_path: string | null;
  stderr_path: string | null;
  submitted_ms: number | null;
  started_ms: number | null;
  ended_ms: number | null;
  updated_ms: number;
  restarts: number;
}

export interface JobRow extends SightedColumns {
  /** The number of its `accepted` event. */
  position: number;
  id: string;
  cluster: string;
  owner: string;
  name: string;
  labels: string;
  freshness: Freshness;
  native_id: string | null;
  directory: string | null;
  /** As in sbatch(1), --array: an array of 10,000 tasks is `0-9999`. */
  tasks: string | null;
  accepted_ms: number;
  unix_user: string | null;
  error_code: string | null;
  error_message: string | null;
  cancel_requested: number;
  version: number;
}

/** Apart from the job, so that a list of jobs reads no scripts. */
export interface SubmissionRow {
  position: number;
  body: string;
}

export interface LabelRow {
  position: number;
  name: string;
  value: string;
}

export interface TaskRow extends SightedColumns {
  position: number;
  native_id: string;
  /** The number behind `_` or `+`. */
  number: number;
}

export interface EventRow {
  seq: number;
  at_ms: number;
  job_id: string;
  cluster: string;
  owner: string;
  type: StoredEventType;
  data: string;
}

/** One row. Its lock makes writers take turns, and so gives events their numbers in the order of their commits. */
export interface EventStateRow {
  id: number;
  /** The number of the last event. */
  last: number;
  /** Events up to this one are gone. */
  pruned_to: number;
}

export interface IdempotencyRow {
  key: string;
  owner: string;
  hash: string;
  position: number;
  created_ms: number;
}

export interface LeaseRow {
  cluster: string;
  holder: string;
  fence: number;
  expires_ms: number;
}

export interface TokenRow {
  id: string;
  hash: string;
  scope: TokenScope;
  subject: string;
  label: string;
  created_ms: number;
  expires_ms: number | null;
  revoked_ms: number | null;
}

/** One row. */
export interface TopologyStateRow {
  id: number;
  /** The number of the last request. */
  last: number;
}

export interface TopologyRequestRow {
  number: number;
  id: string;
  provider: string;
  engine: string;
  nodes: number;
  holder: string;
  state: TopologyState;
  attempts: number;
  status: number | null;
  reason: string | null;
  created_ms: number;
  started_ms: number | null;
  next_attempt_ms: number | null;
  ended_ms: number | null;
}

/** Apart from the request, so that a list of requests reads no answers. */
export interface TopologyAnswerRow {
  number: number;
  body: string;
}

export interface MigrationRow {
  number: number;
  name: string;
  breaking: number;
  applied_ms: number;
}
