import { createHash } from "node:crypto";
import { readProcFile } from "./processes.ts";

/**
 * The mark that every process of a cluster carries: a soft limit on file locks, which the kernel has not enforced since
 * Linux 2.4.25 (setrlimit(2)) and Slurm never sets (PropagateResourceLimits in slurm.conf(5)). Each process inherits it, and
 * keeps it through `setsid`, a double fork and an emptied environment; it needs no right that an ordinary user lacks.
 *
 * The upper bits name the cluster, the lower ones the node; zero there for what belongs to no node.
 */
export function clusterMark(directory: string, node?: string): bigint {
  return (hash(directory) << nodeBits) | (node === undefined ? 0n : hash(node));
}

/** The argv that has a program marked; the program keeps the pid (prlimit(1)). */
export function marked(prlimit: string, mark: bigint, argv: readonly string[]): readonly [string, ...string[]] {
  return [prlimit, `--locks=${mark}:`, ...argv];
}

/** A process's mark; `undefined` where it has none. */
export function readMark(pid: number): bigint | undefined {
  const text = readProcFile(`/proc/${pid}/limits`)?.toString("latin1") ?? "";
  const value = /^Max file locks +(\d+) /m.exec(text)?.[1];
  return value === undefined ? undefined : BigInt(value);
}

/** Whether a mark is that of a cluster, whichever its node. */
export function isMarkOf(mark: bigint | undefined, directory: string): boolean {
  return mark !== undefined && mark >> nodeBits === hash(directory);
}

const nodeBits = 31n;

/** 31 bits, the highest and the lowest of them set: never zero, and two of them stay below the "unlimited" of 64 bits. */
function hash(text: string): bigint {
  const bits = createHash("sha256").update(text).digest().readUInt32BE(0);
  return BigInt((bits >>> 1) | 0x40000001);
}
