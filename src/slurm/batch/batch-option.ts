import type { SlurmRelease } from "../../schema/cluster-plan.ts";

/**
 * How a value is written; `option-value.ts` holds one reader for each. `count` is a whole number from 1, `quantity` one
 * from 0, `integer` any within Slurm's 32 bits, `some-of` a comma list in which sbatch wants at least one of the option's
 * `choices`. `pattern` is for a notation of the option's own.
 */
export type ValueType =
  | "text"
  | "duration"
  | "memory"
  | "count"
  | "quantity"
  | "node-range"
  | "array"
  | "dependency"
  | "hostlist"
  | "time"
  | "signal"
  | "integer"
  | "priority"
  | "choice"
  | "some-of"
  | "pattern";

/** What an option is about, for the order of help pages and forms. */
export type OptionGroup = "resources" | "placement" | "gpu" | "job" | "time" | "files" | "command";

/** One option of sbatch(1), as the command line, the `#SBATCH` lines and the environment know it. */
export interface BatchOption {
  /** The long name without dashes. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** Further long names for the same option. */
  readonly aliases?: readonly string[];
  /** `optional` values are given as `--name=value` or `-xvalue` alone, never as the next word (getopt(3)). */
  readonly takes: "nothing" | "value" | "optional";
  /** Absent where the option takes nothing. */
  readonly type?: ValueType;
  /** For `choice` and `some-of`; case does not matter. */
  readonly choices?: readonly string[];
  /** For `pattern`; for `choice` and `node-range` it accepts more than those do by themselves. */
  readonly pattern?: RegExp;
  /** First release in which `pattern` holds, where the option itself is older. */
  readonly patternSince?: SlurmRelease;
  /** How help names the value, without brackets. */
  readonly metavar?: string;
  /** The variables that sbatch reads for it; a later one overrides an earlier one. */
  readonly env?: readonly string[];
  /**
   * Options that write the same setting inside sbatch: of those, the one that is read last counts. Absent: the option
   * stands for itself.
   */
  readonly setting?: string;
  /** First release that knows it; absent where 22.05 does. */
  readonly since?: SlurmRelease;
  /** First release in which the option has its optional value; before, it is a flag. */
  readonly valueSince?: SlurmRelease;
  /** First release that no longer knows it. */
  readonly removed?: SlurmRelease;
  /** sbatch accepts the option in a script too, without any effect there. */
  readonly commandLineOnly?: true;
  /** Each part of a heterogeneous job has its own; absent: a part without it takes over that of the part before. */
  readonly perComponent?: true;
  readonly group: OptionGroup;
  /** One sentence without its full stop. */
  readonly help: string;
}
