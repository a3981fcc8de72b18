import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { isMarkOf, readMark } from "../../src/launcher/drivers/native/mark.ts";
import { listProcesses, openSocketInodes } from "../../src/launcher/drivers/native/processes.ts";
import type { ClusterRecord } from "../../src/schema/cluster-record.ts";
import { clustersFolder, filesBelow, type Workspace } from "./workspace.ts";

/** What of a workspace's clusters is on this machine, beside what other tests have there at the same time. */
export interface Traces {
  readonly processes: readonly string[];
  readonly ports: readonly number[];
  readonly sockets: readonly string[];
  readonly files: readonly string[];
}

export const nothing: Traces = { processes: [], ports: [], sockets: [], files: [] };

/** The traces of these clusters, running or gone; their records are read before they go. */
export function tracesOf(workspace: Workspace, records: readonly ClusterRecord[]): Traces {
  return {
    processes: processesOf(
      workspace,
      records.map((record) => record.directory),
    ),
    ports: portsOf(records),
    sockets: unixSockets().filter((path) =>
      [workspace.root, ...records.map(({ run }) => run)].some((folder) => path.startsWith(`${folder}/`)),
    ),
    files: [
      ...[clustersFolder(workspace), workspace.home].filter((folder) => existsSync(folder)),
      ...filesBelow(clustersFolder(workspace)),
      ...filesBelow(workspace.home),
      ...records.flatMap(({ run }) => (existsSync(run) ? [run] : [])),
    ],
  };
}

/** Processes that have anything to do with a workspace: named, marked, standing or holding something open in it. */
export function processesOf(workspace: Workspace, directories: readonly string[]): readonly string[] {
  const belongs = (text: string): boolean => text.includes(workspace.root);
  return listProcesses()
    .filter(({ pid, state }) => pid !== process.pid && state !== "Z" && !isWorker(pid))
    .filter(
      ({ pid }) =>
        belongs(read(`/proc/${pid}/cmdline`)) ||
        belongs(read(`/proc/${pid}/environ`)) ||
        belongs(link(`/proc/${pid}/cwd`)) ||
        files(`/proc/${pid}/fd`).some((fd) => belongs(link(`/proc/${pid}/fd/${fd}`))) ||
        directories.some((directory) => isMarkOf(readMark(pid), directory)),
    )
    .map(({ pid, name }) => `${pid} ${name}: ${read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim()}`);
}

/** vitest's own processes. */
function isWorker(pid: number): boolean {
  return pid === process.ppid;
}

/** Ports of these clusters that are listened on, by anybody but another test's cluster that got one of them since. */
function portsOf(records: readonly ClusterRecord[]): readonly number[] {
  const listening = listeners().filter(({ port }) => records.some((record) => record.ports.includes(port)));
  if (listening.length === 0) return [];
  const foreign = new Set(
    listProcesses()
      .filter(({ pid }) => {
        const mark = readMark(pid);
        return mark !== undefined && !records.some(({ directory }) => isMarkOf(mark, directory));
      })
      .flatMap(({ pid }) => [...openSocketInodes(pid)]),
  );
  return listening.filter(({ inode }) => !foreign.has(inode)).map(({ port }) => port);
}

/** What anything on this host listens on, over IPv4 or IPv6 (proc_net_tcp(5): state 0A). */
function listeners(): readonly { readonly port: number; readonly inode: string }[] {
  return ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((path) =>
    read(path)
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === "0A")
      .map((fields) => ({ port: parseInt(fields[1]?.split(":")[1] ?? "", 16), inode: fields[9] ?? "" })),
  );
}

/** Bound unix sockets, those of the abstract namespace too. */
export function unixSockets(): readonly string[] {
  return read("/proc/net/unix")
    .split("\n")
    .map((line) => /^\S+ \S+ \S+ \S+ \S+ \S+ +\d+ (.+)$/.exec(line)?.[1])
    .filter((path) => path !== undefined);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function files(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
