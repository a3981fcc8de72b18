import type { JobState } from "../../schema/job.ts";
import { formatInvalid } from "./format-invalid.ts";

interface SlurmJobStateRow {
  /** The compact form, squeue's `%t`. */
  readonly code: string;
  /** What it is among Sluice's own states. */
  readonly state: JobState;
}

/**
 * The 24 states of squeue(1), JOB STATE CODES. Slurm keeps a job that is requeued into a hold as pending with priority 0,
 * so those are `held`.
 */
export const slurmJobStates = {
  BOOT_FAIL: { code: "BF", state: "boot_fail" },
  CANCELLED: { code: "CA", state: "cancelled" },
  COMPLETED: { code: "CD", state: "completed" },
  /** The nodes are allocated and still boot: nothing of the job runs yet. */
  CONFIGURING: { code: "CF", state: "pending" },
  COMPLETING: { code: "CG", state: "completing" },
  DEADLINE: { code: "DL", state: "deadline" },
  FAILED: { code: "F", state: "failed" },
  NODE_FAIL: { code: "NF", state: "node_fail" },
  OUT_OF_MEMORY: { code: "OOM", state: "out_of_memory" },
  PENDING: { code: "PD", state: "pending" },
  PREEMPTED: { code: "PR", state: "preempted" },
  RUNNING: { code: "R", state: "running" },
  RESV_DEL_HOLD: { code: "RD", state: "held" },
  REQUEUE_FED: { code: "RF", state: "pending" },
  REQUEUE_HOLD: { code: "RH", state: "held" },
  REQUEUED: { code: "RQ", state: "pending" },
  RESIZING: { code: "RS", state: "running" },
  /** Another cluster of the Slurm federation has started the job, so here is no word on how it ends. */
  REVOKED: { code: "RV", state: "running" },
  SIGNALING: { code: "SI", state: "running" },
  SPECIAL_EXIT: { code: "SE", state: "held" },
  /** The script has ended; its burst buffer is still being copied out. */
  STAGE_OUT: { code: "SO", state: "completing" },
  STOPPED: { code: "ST", state: "suspended" },
  SUSPENDED: { code: "S", state: "suspended" },
  TIMEOUT: { code: "TO", state: "timeout" },
} as const satisfies Record<string, SlurmJobStateRow>;

export type SlurmJobState = keyof typeof slurmJobStates;

function isSlurmJobState(word: string): word is SlurmJobState {
  return Object.hasOwn(slurmJobStates, word);
}

const names = Object.keys(slurmJobStates).filter(isSlurmJobState);
const byCode: ReadonlyMap<string, SlurmJobState> = new Map(names.map((name) => [slurmJobStates[name].code, name]));

/** Slurm 25.11 shows this while it decides whether a failed job is requeued at once; it is no end of the job. */
const expediting = "EXPEDITING";

/**
 * Reads a state in its long or compact form and in any case, as squeue(1), sacct(1) and scontrol(1) print it, and as sacct
 * embellishes it: `CANCELLED by 1000` (the user id), and words cut by a narrow column, `CANCELLED+`, `OUT_OF_ME+`.
 * Throws `FORMAT_INVALID`, for a cut word too that could be several states.
 */
export function parseSlurmJobState(text: string): { state: SlurmJobState; cancelledBy?: number } {
  const word = text.toUpperCase();
  const cancelled = /^CANCELLED BY (\d{1,10})$/.exec(word);
  if (cancelled !== null) return { state: "CANCELLED", cancelledBy: Number(cancelled[1]) };
  const state = isSlurmJobState(word) ? word : (byCode.get(word) ?? completeCutWord(word));
  if (state !== undefined) return { state };
  if (word === expediting) return { state: "REQUEUED" };
  throw formatInvalid("job state", text, "not a state of Slurm", "squeue(1), JOB STATE CODES, lists them");
}

function completeCutWord(word: string): SlurmJobState | undefined {
  if (!word.endsWith("+")) return undefined;
  const start = word.slice(0, -1);
  const possible = names.filter((name) => name.startsWith(start));
  return possible.length === 1 ? possible[0] : undefined;
}

/** Reasons of a pending job that only a person's `scontrol release` ends. squeue prints blanks where scontrol prints `_`. */
const heldReasons: ReadonlySet<string> = new Set([
  "JobHeldUser",
  "JobHeldAdmin",
  "JobHoldMaxRequeue",
  "launch_failed_requeued_held",
  "job_requeued_in_held_state",
]);

/** Sluice's word for Slurm's; `reason` is squeue's `%r`, which tells a held job from one that waits its turn. */
export function toJobState(state: SlurmJobState, reason?: string): JobState {
  if (state === "PENDING" && reason !== undefined && heldReasons.has(reason.replaceAll(" ", "_"))) return "held";
  return slurmJobStates[state].state;
}
