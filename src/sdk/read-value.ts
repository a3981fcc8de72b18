import { SluiceError } from "../errors.ts";
import { exitCodeOf } from "../jobs/exit-code.ts";
import type { Job as JobRecord } from "../schema/api-job.ts";
import type { ExitStatus, JobState } from "../schema/job.ts";
import type { Backend } from "./backend.ts";
import { endErrorOf } from "./end-error.ts";
import { describeEnd } from "./job-end.ts";
import type { JobStatus } from "./job-status.ts";
import { readOutcome } from "./read-outcome.ts";
import { TaskError } from "./task-error.ts";

/** Which job a value is read of. */
export interface ValuePlace {
  readonly backend: Backend;
  readonly record: JobRecord;
  readonly task: number | undefined;
}

/** Gives the value of a job that has ended, or throws the error of its end. */
export type ReadValue<T> = (place: ValuePlace, status: JobStatus) => Promise<T>;

/** How long the result of a call that ended well is looked for: a network file system may show it late (nfs(5), acdirmax). */
const resultPatienceMs = 65_000;

/** The same of one that failed, which may well have left none. */
const failurePatienceMs = 500;

/** That it is of this type is the task's word, whose function returns it: no compiler sees what comes back. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
function received<T>(value: unknown): T;
function received(value: unknown): unknown {
  return value;
}

/** The value that the function of a task gave. */
export function readTaskValue<T>(task: string, resultPatience = resultPatienceMs): ReadValue<T> {
  return async (place, status) => {
    const { backend, record } = place;
    const isGood = status.state === "completed";
    if (isGood || status.state === "failed") {
      const patienceMs = isGood ? resultPatience : failurePatienceMs;
      const outcome = await readOutcome({ backend, jobId: record.id, task: place.task }, { patienceMs });
      if (outcome?.status === "ok" && isGood) return received<T>(outcome.value);
      if (outcome?.status === "error") {
        const { thrown, host } = outcome;
        throw new TaskError(thrown, { task, jobId: record.id, index: place.task, host });
      }
    }
    if (!isGood) throw endErrorOf(await describeEnd(backend, record, place.task, status));
    throw new SluiceError(
      "RESULT_MISSING",
      `job "${record.name}" (${status.nativeId ?? record.id}) completed and left no result that can be seen ${
        record.directory === undefined ? "" : `in ${record.directory}/files `
      }after ${resultPatience / 1000} s; is that folder on a file system that its nodes share with the host that Sluice reaches?`,
      { details: { jobId: record.id } },
    );
  };
}

/** How a script ended that ended well: the value of a job that is no function. */
export interface ScriptEnd {
  readonly state: JobState;
  /** As a shell would give it; 0. */
  readonly exitCode: number;
  readonly exit: ExitStatus | undefined;
  readonly nodes: string | undefined;
  readonly startedAt: string | undefined;
  readonly endedAt: string | undefined;
}

export const readScriptEnd: ReadValue<ScriptEnd> = async ({ backend, record, task }, status) => {
  const { state, exit, nodes, startedAt, endedAt } = status;
  if (state !== "completed") throw endErrorOf(await describeEnd(backend, record, task, status));
  const exitCode = exitCodeOf({ nativeId: "", rawState: "", state, ...(exit !== undefined && { exit }) });
  return { state, exitCode, exit, nodes, startedAt, endedAt };
};
