import { readdirSync, readFileSync } from "node:fs";

/** A process that a number names, and no later one of the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time in clock ticks since boot, from /proc; 0 where there is no /proc. */
  readonly startTicks: number;
}

/** Fields after the command's name in proc_pid_stat(5), which may itself hold blanks and brackets. */
function statFields(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/** Who has this number now. */
export function identify(pid: number): ProcessIdentity {
  return { pid, startTicks: Number(statFields(pid)?.[19] ?? 0) };
}

/** Whether it still runs; one that has ended and waits to be reaped does not. */
export function isRunning({ pid, startTicks }: ProcessIdentity): boolean {
  if (startTicks === 0) return canSignal(pid);
  const fields = statFields(pid);
  return fields !== undefined && fields[0] !== "Z" && Number(fields[19]) === startTicks;
}

function canSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * All running processes that carry this variable in their environment: what a job started, however far it went to get away
 * from its process group. None where there is no /proc.
 */
export function processesWith(variable: string, value: string): readonly number[] {
  const wanted = `${variable}=${value}`;
  return numbersInProc().filter((pid) => {
    try {
      return (
        readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(wanted) && statFields(pid)?.[0] !== "Z"
      );
    } catch {
      return false;
    }
  });
}

function numbersInProc(): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** Sends a signal; a process that has ended is no error. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}
