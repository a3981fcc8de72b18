import { spawn } from "node:child_process";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname } from "node:path";
import type { JobPlan } from "./job-plan.ts";
import type { TaskReport } from "./job-report.ts";
import { processesWith, sendSignal } from "./processes.ts";

/** As KillWait of slurm.conf(5), but short: nobody else waits for this machine. */
const killWaitMs = 5_000;

export interface Supervision {
  /** The job's own folder. */
  readonly directory: string;
  readonly plan: JobPlan;
  /** What the job inherits. */
  readonly environment: Readonly<Record<string, string>>;
  readonly cancelled: AbortSignal;
}

/**
 * Runs the tasks of one job, some at a time, and keeps `report.json` true. Ends when all have ended. Its abort, or a file
 * `cancel` that was there before, cancels what runs and what waits.
 */
export async function superviseJob({ directory, plan, environment, cancelled }: Supervision): Promise<void> {
  const reports: TaskReport[] = plan.tasks.map(({ nativeId }) => ({ nativeId, state: "pending" }));
  const report = (index: number, change: Partial<TaskReport>): void => {
    const before = reports[index];
    if (before !== undefined) reports[index] = { ...before, ...change };
    replaceFile(`${directory}/report.json`, JSON.stringify({ tasks: reports }));
  };

  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < plan.tasks.length) {
      const index = next;
      next += 1;
      if (cancelled.aborted || existsSync(`${directory}/cancel`)) {
        report(index, { state: "cancelled", endedAt: now(), exit: { status: 0, signal: 0 } });
      } else {
        await runTask({ directory, plan, environment, cancelled }, index, (change) => report(index, change));
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(plan.parallel, plan.tasks.length) }, worker));
  // As Slurm does at a job's end: what the script left running ends with it.
  for (const pid of processesWith("SLUICE_JOB_ID", plan.jobId)) if (pid !== process.pid) sendSignal(pid, "SIGKILL");
}

async function runTask(
  { directory, plan, environment, cancelled }: Supervision,
  index: number,
  report: (change: Partial<TaskReport>) => void,
): Promise<void> {
  const task = plan.tasks[index];
  if (task === undefined) return;
  const files: number[] = [];
  try {
    const stdout = openOutput(task.stdout, files);
    const stderr = task.stderr === undefined ? stdout : openOutput(task.stderr, files);
    const child = spawn(`${directory}/user-script`, plan.args, {
      cwd: plan.workDirectory,
      env: { ...environment, ...task.environment },
      detached: true,
      stdio: ["ignore", stdout, stderr],
    });
    const ended = new Promise<{ status: number; signal: number }>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) =>
        resolve({ status: code ?? 0, signal: signal === null ? 0 : constants.signals[signal] }),
      );
    });
    if (child.pid !== undefined) report({ state: "running", pid: child.pid, startedAt: now() });

    let why: "cancelled" | "timeout" | undefined;
    let killTimer: NodeJS.Timeout | undefined;
    const end = (reason: "cancelled" | "timeout"): void => {
      if (why !== undefined) return;
      why = reason;
      signalTask(child.pid, task, "SIGTERM");
      killTimer = setTimeout(() => signalTask(child.pid, task, "SIGKILL"), killWaitMs);
    };
    const onCancel = (): void => end("cancelled");
    cancelled.addEventListener("abort", onCancel, { once: true });
    if (cancelled.aborted) onCancel();
    const limit =
      plan.timeLimitSeconds === undefined
        ? undefined
        : setTimeout(() => end("timeout"), Math.min(plan.timeLimitSeconds * 1000, 2 ** 31 - 1));
    try {
      const exit = await ended;
      const failed = exit.status !== 0 || exit.signal !== 0;
      report({ state: why ?? (failed ? "failed" : "completed"), endedAt: now(), exit });
    } finally {
      clearTimeout(limit);
      clearTimeout(killTimer);
      cancelled.removeEventListener("abort", onCancel);
      signalTask(child.pid, task, "SIGKILL");
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    report({ state: "failed", endedAt: now(), exit: { status: 127, signal: 0 }, reason });
  } finally {
    for (const file of files) closeSync(file);
  }
}

/** Reaches every process of the task, those in sessions of their own too. */
function signalTask(pid: number | undefined, task: JobPlan["tasks"][number], signal: NodeJS.Signals): void {
  if (pid !== undefined) sendSignal(-pid, signal);
  const number = task.environment["SLURM_JOB_ID"] ?? "";
  const ofJob = new Set(processesWith("SLUICE_JOB_ID", task.environment["SLUICE_JOB_ID"] ?? ""));
  for (const other of processesWith("SLURM_JOB_ID", number)) {
    if (other !== process.pid && other !== pid && ofJob.has(other)) sendSignal(other, signal);
  }
}

function openOutput(path: string, opened: number[]): number {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, "w");
  opened.push(file);
  return file;
}

function replaceFile(path: string, text: string): void {
  const file = openSync(`${path}.new`, "w", 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
}

function now(): string {
  return new Date().toISOString();
}
