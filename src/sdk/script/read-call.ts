import { SluiceError } from "../../errors.ts";
import { isTask } from "../values/job-marker.ts";
import type { CallHeader } from "./task-script.ts";

/** What stands before the data of a call in its script; the shell ends before it comes to it. */
export const callBegin = ": <<'SLUICE_CALL'\n";
export const callEnd = "SLUICE_CALL\n";

/** A call as its script has it. */
export interface Call {
  readonly header: CallHeader;
  /** Which task of an array it is for. */
  readonly task: number | undefined;
  /** As `encodeArguments` wrote them. */
  readonly args: unknown;
}

/**
 * Reads the call of a script that `renderTaskScript` made: the only one, or that of a task of an array, by the number that Slurm
 * gives it. A job that is no array does not look at the number, which may be that of a job outside. Throws
 * `VALUE_UNREADABLE` for a script that has none.
 */
export function readCall(script: string, arrayTask: string | undefined): Call {
  const lines = linesOf(script);
  const header = parse(lines[0]);
  if (!isHeader(header)) throw unreadable("its header is missing or damaged");
  const task = header.isArray === true ? Number(arrayTask) : undefined;
  if (task !== undefined && !isTask(task))
    throw unreadable("it is that of an array, and Slurm gave no number of a task");
  const line = lines.length === 2 ? lines[1] : lines[1 + (task ?? 0)];
  if (line === undefined) throw unreadable(`it has no call for task ${task ?? 0} of the array`);
  const call = parse(line);
  if (typeof call !== "object" || call === null || !("args" in call)) throw unreadable("the call is damaged");
  return { header, task, args: call.args };
}

/** The header of a script alone; `undefined` where the script is no call. */
export function readCallHeader(script: string): CallHeader | undefined {
  const header = parse(linesOf(script)[0]);
  return isHeader(header) ? header : undefined;
}

/** The data is the last thing in the script, and none of its lines is like its beginning, so nothing before it can be taken for it. */
function linesOf(script: string): readonly string[] {
  const begin = script.lastIndexOf(`\n${callBegin}`);
  if (begin === -1 || !script.endsWith(`\n${callEnd}`)) return [];
  return script.slice(begin + 1 + callBegin.length, -callEnd.length - 1).split("\n");
}

function parse(line: string | undefined): unknown {
  try {
    return JSON.parse(line ?? "");
  } catch {
    return undefined;
  }
}

function isHeader(value: unknown): value is CallHeader {
  if (typeof value !== "object" || value === null) return false;
  const { version, task, kind, name }: Partial<Record<keyof CallHeader, unknown>> = value;
  return (
    version === 1 && typeof task === "string" && typeof name === "string" && (kind === "task" || kind === "workflow")
  );
}

function unreadable(problem: string): SluiceError {
  return new SluiceError("VALUE_UNREADABLE", `the job's script carries no call that can be read: ${problem}`);
}
