import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/**
 * Processes of this host, read from /proc (proc(5)). A pid alone does not name a process, since pids are used again; a
 * pid with its start time does.
 */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks after boot, field 22 of /proc/PID/stat. */
  readonly startTime: number;
}

export interface ProcessInfo extends ProcessId {
  readonly parent: number;
  /** One letter of proc(5), stat. */
  readonly state: string;
  /**
   * Whether it has ended and only waits to be reaped. One whose first thread has ended before the others has not: what it
   * listens on stays open until the last of them is gone.
   */
  readonly isDead: boolean;
  /** The program's name, cut at 15 bytes by the kernel. */
  readonly name: string;
}

/** What /proc says of one process; `undefined` where there is none. */
export function readProcess(pid: number): ProcessInfo | undefined {
  const text = readProcFile(`/proc/${pid}/stat`)?.toString("latin1");
  if (text === undefined) return undefined;
  // The name stands in parentheses and may itself hold blanks and parentheses; the last one ends it.
  const end = text.lastIndexOf(")");
  const fields = text.slice(end + 2).split(" ");
  return {
    pid,
    name: text.slice(text.indexOf("(") + 1, end),
    state: fields[0] ?? "?",
    isDead: fields[0] === "Z" && Number(fields[17]) <= 1,
    parent: Number(fields[1]),
    startTime: Number(fields[19]),
  };
}

/** The identity of a running process; `undefined` where it has ended. */
export function identify(pid: number): ProcessId | undefined {
  const info = readProcess(pid);
  return info === undefined || info.isDead ? undefined : { pid, startTime: info.startTime };
}

/** Whether that very process still runs; one that only waits to be reaped does not. */
export function isRunning(id: ProcessId): boolean {
  return identify(id.pid)?.startTime === id.startTime;
}

/** Every process that is visible from here. */
export function listProcesses(): ProcessInfo[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcess(Number(name)))
    .filter((info) => info !== undefined);
}

/** A process's environment when it started; empty where it may not be read or was overwritten. */
export function readEnvironment(pid: number): ReadonlyMap<string, string> {
  const entries = (readProcFile(`/proc/${pid}/environ`)?.toString() ?? "").split("\0");
  return new Map(
    entries
      .filter((entry) => entry.includes("="))
      .map((entry) => {
        const split = entry.indexOf("=");
        return [entry.slice(0, split), entry.slice(split + 1)] as const;
      }),
  );
}

/** The process that listens on a TCP port of this network namespace, as far as that may be seen. */
export function findListener(port: number): ProcessInfo | undefined {
  const inodes = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((path) => listenerInodes(path, port));
  if (inodes.length === 0) return undefined;
  return listProcesses().find(({ pid }) => {
    const open = openSocketInodes(pid);
    return inodes.some((inode) => open.has(inode));
  });
}

/** Lines such as `0: 0100007F:620E 00000000:0000 0A …`: address and port in hexadecimal, and 0A for one that listens. */
function listenerInodes(path: string, port: number): string[] {
  const lines = (readProcFile(path)?.toString() ?? "").split("\n").slice(1);
  return lines.flatMap((line) => {
    const [, local = "", , state, , , , , , inode] = line.trim().split(/ +/);
    const isIt = state === "0A" && Number.parseInt(local.slice(local.indexOf(":") + 1), 16) === port;
    return isIt && inode !== undefined ? [inode] : [];
  });
}

/** The inodes of the sockets that a process holds open. */
export function openSocketInodes(pid: number): ReadonlySet<string> {
  const inodes = new Set<string>();
  for (const fd of listFolder(`/proc/${pid}/fd`)) {
    const inode = /^socket:\[(\d+)\]$/.exec(readLink(`/proc/${pid}/fd/${fd}`) ?? "")?.[1];
    if (inode !== undefined) inodes.add(inode);
  }
  return inodes;
}

/** Bound unix sockets of this network namespace: path → inode. */
export function listUnixSockets(): ReadonlyMap<string, string> {
  const lines = (readProcFile("/proc/net/unix")?.toString() ?? "").split("\n").slice(1);
  return new Map(
    lines.flatMap((line) => {
      const match = /^\S+ \S+ \S+ \S+ \S+ \S+ +(\d+) (.+)$/.exec(line);
      return match?.[1] === undefined || match[2] === undefined ? [] : [[match[2], match[1]] as const];
    }),
  );
}

/** The processes below the given ones, children before grandchildren; the given ones are left out. */
export function descendants(roots: ReadonlySet<number>, all: readonly ProcessInfo[]): ProcessInfo[] {
  const found: ProcessInfo[] = [];
  let parents = roots;
  while (parents.size > 0) {
    const children = all.filter((info) => parents.has(info.parent) && !roots.has(info.pid));
    found.push(...children);
    parents = new Set(children.map((info) => info.pid));
  }
  return found;
}

/** Sends a signal to that very process; one that has ended is no error. Throws where we may not. */
export function sendSignal(id: ProcessId, signal: NodeJS.Signals): void {
  if (!isRunning(id)) return;
  try {
    process.kill(id.pid, signal);
  } catch (error) {
    if (isErrno(error, "ESRCH")) return;
    throw error;
  }
}

/** Kills a process and all below it, parents first; this process is spared. */
export function killTree(root: ProcessId): void {
  if (!isRunning(root)) return;
  const below = descendants(new Set([root.pid]), listProcesses());
  for (const id of [root, ...below]) if (id.pid !== process.pid) sendSignal(id, "SIGKILL");
}

/** A file of /proc; `undefined` where the process has ended or is somebody else's. */
export function readProcFile(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    // It has ended meanwhile, or belongs to somebody else: in both cases it is not ours to know.
    return undefined;
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
