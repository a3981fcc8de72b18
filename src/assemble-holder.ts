import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { identify, isRunning } from "./launcher/drivers/native/processes.ts";

/**
 * Names this process among all that share a store, for good: host, pid, place, start time and a word of its own. Place is
 * one start of one kernel and the pids that are seen from here (pid_namespaces(7)), so that pid and start time say for whoever
 * is in the same place whether the process still runs.
 */
export function nameHolder(): string {
  const start = identify(process.pid)?.startTime ?? 0;
  return [hostname(), process.pid, placeOfPids() ?? "", start, randomUUID()].join(":");
}

/** Whether the process that has this name is known to be dead. False where that cannot be told from here. */
export function isDeadHolder(holder: string): boolean {
  const [, pid, place, start] = holder.split(":");
  if (place === undefined || place === "" || place !== placeOfPids()) return false;
  return !isRunning({ pid: Number(pid), startTime: Number(start) });
}

/**
 * Whether the process that has this name was started before this machine or container was: it names the same host and another
 * place. Two containers may share the name of a host, so this is for what a wrong guess does not harm.
 */
export function isBeforeRestart(holder: string): boolean {
  const [host, , place] = holder.split(":");
  const here = placeOfPids();
  return host === hostname() && place !== undefined && place !== "" && here !== undefined && place !== here;
}

/** `undefined` where the kernel does not tell, as outside Linux. */
function placeOfPids(): string | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot}.${readlinkSync("/proc/self/ns/pid").replaceAll(/\D/g, "")}`;
  } catch {
    return undefined;
  }
}
