/** Something wrong with a topology, or that may be. */
export interface TopologyFault {
  /** `error`: Slurm refuses it, or jobs are placed wrongly. `warning`: it may be meant so. */
  readonly severity: "error" | "warning";
  /** The topology of a `topology.yaml` that it is in. */
  readonly topology?: string;
  /** Where in the file, counted from 1; absent where it is nowhere. */
  readonly line?: number;
  /** What stands there, and what comes of it. */
  readonly problem: string;
  readonly remedy?: string;
}

/** Collects what is wrong with one topology. */
export interface Faults {
  error(line: number | undefined, problem: string, remedy?: string): void;
  warning(line: number | undefined, problem: string, remedy?: string): void;
}

/** Names for a message: not more than a line can hold. */
export function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(", ");
  return names.length > 8 ? `${shown}, … (${names.length})` : shown;
}
