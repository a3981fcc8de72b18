import { SluiceError } from "../../errors.ts";
import type { SlurmRelease } from "../../schema/cluster-plan.ts";
import type { BatchOption } from "./batch-option.ts";
import { optionSet } from "./option-table.ts";
import { checkValue } from "./option-value.ts";
import type { GivenOption } from "./read-options.ts";

/** An option that counts in the end, and who set it. */
export interface MergedOption extends GivenOption {
  readonly source: "script" | "environment" | "command-line";
  /** For the environment: the name of the variable. */
  readonly variable?: string;
}

export interface OptionSources {
  /** Of one part of the job, as `readScript` gives them. */
  readonly script?: readonly GivenOption[];
  /** Where `SBATCH_…` variables are looked up; nothing else in it is read. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Of the same part, as `parseArguments` gives them. */
  readonly commandLine?: readonly GivenOption[];
  readonly release?: SlurmRelease;
}

/**
 * Options of which sbatch takes one: two from script and command line are refused, two from the environment as well, and
 * one from script or command line puts aside those from the environment.
 */
const rivals: readonly (readonly string[])[] = [
  ["mem", "mem-per-cpu", "mem-per-gpu"],
  ["core-spec", "thread-spec"],
];

/** Options that sbatch refuses together wherever they come from. */
const incompatible: readonly (readonly [string, string])[] = [["cpus-per-gpu", "cpus-per-task"]];

/**
 * The options that count, as sbatch merges them: the command line wins over the environment, that over the script, and
 * within each the last one. Of options that write one setting (`--exclusive` and `--oversubscribe`, `--requeue` and
 * `--no-requeue`, `--nodelist` and `--nodefile`) the last one read counts, in that same order of sources. `--nodes` and
 * `--ntasks` do not touch each other here: slurmctld brings them together. Measured on Slurm 22.05.8.
 *
 * Throws `INPUT_INVALID` where sbatch refuses the combination or the value of a variable. `SBATCH_WAIT4SWITCH`, the second
 * half of `--switches`, is left to sbatch.
 */
export function mergeOptions(sources: OptionSources): readonly MergedOption[] {
  return mergeOnto([], sources);
}

/** The sources of all parts of a job, which the environment is common to. */
export interface JobSources extends Pick<OptionSources, "environment" | "release"> {
  readonly script?: readonly (readonly GivenOption[])[];
  readonly commandLine?: readonly (readonly GivenOption[])[];
}

/**
 * The options that count for each part of a job, heterogeneous or not. There are as many parts as script or command line
 * has, whichever has more. A part starts with the options of the part before, but for those that are `perComponent`; a
 * command line with fewer parts than the script gives its last one to all that follow. Measured on Slurm 22.05.8. Throws
 * as `mergeOptions` does.
 */
export function mergeComponents({ script = [], commandLine = [], ...common }: JobSources): (readonly MergedOption[])[] {
  const merged: (readonly MergedOption[])[] = [];
  for (let part = 0; part < Math.max(script.length, commandLine.length, 1); part += 1) {
    const carried = merged.at(-1)?.filter(({ option }) => option.perComponent !== true) ?? [];
    const own = { script: script[part] ?? [], commandLine: commandLine[part] ?? commandLine.at(-1) ?? [] };
    merged.push(mergeOnto(carried, { ...common, ...own }));
  }
  return merged;
}

function mergeOnto(carried: readonly MergedOption[], sources: OptionSources): readonly MergedOption[] {
  const merged = new Map<string, MergedOption>();
  for (const given of [...carried, ...fromScript(sources), ...fromEnvironment(sources), ...fromCommandLine(sources)]) {
    const key = given.option.setting ?? given.option.name;
    // Taken out first, so that the map keeps the order in which the settings got their last value.
    merged.delete(key);
    merged.set(key, given);
  }
  const all = [...merged.values()];
  const putAside = new Set(rivals.flatMap((names) => losers(all.filter(({ option }) => names.includes(option.name)))));
  const counting = all.filter((given) => !putAside.has(given));
  for (const [one, other] of incompatible) {
    const pair = counting.filter(({ option }) => option.name === one || option.name === other);
    if (pair.length > 1) throw conflict(pair);
  }
  return counting;
}

function fromScript({ script = [] }: OptionSources): MergedOption[] {
  return script
    .filter(({ option }) => option.commandLineOnly !== true)
    .map((given) => ({ ...only(given), source: "script" }));
}

function fromCommandLine({ commandLine = [] }: OptionSources): MergedOption[] {
  return commandLine.map((given) => ({ ...only(given), source: "command-line" }));
}

function only({ option, value }: GivenOption): GivenOption {
  return value === undefined ? { option } : { option, value };
}

function fromEnvironment({ environment = {}, release }: OptionSources): MergedOption[] {
  const { options } = optionSet(release === undefined ? {} : { release });
  return options.flatMap((option) =>
    (option.env ?? []).flatMap((variable): MergedOption[] => {
      const value = environment[variable];
      if (value === undefined) return [];
      return fromVariable(option, variable, value);
    }),
  );
}

/** A flag is set by an empty value, `yes` or a number other than 0, and left alone by anything else (sbatch(1)). */
function fromVariable(option: BatchOption, variable: string, value: string): MergedOption[] {
  const source = "environment";
  const isFlag = option.takes === "nothing" || option.valueSince !== undefined;
  const isOn = value === "" || /^yes$/i.test(value) || /^[ \t\n\v\f\r]*[+-]?0*[1-9]/.test(value);
  if (isFlag && isOn) return [{ option, source, variable }];
  if (option.takes === "nothing") return [];
  try {
    checkValue(option, value);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    if (isFlag) return [];
    throw new SluiceError("INPUT_INVALID", `environment variable ${variable}: ${error.message}`, {
      cause: error,
      details: { field: variable },
    });
  }
  return [{ option, ...(option.takes === "optional" && value === "" ? {} : { value }), source, variable }];
}

/** Those of one group of rivals that do not count. */
function losers(group: readonly MergedOption[]): readonly MergedOption[] {
  const fromPeople = group.filter(({ source }) => source !== "environment");
  if (fromPeople.length > 1) throw conflict(fromPeople);
  if (fromPeople.length === 1) return group.filter(({ source }) => source === "environment");
  if (group.length > 1) throw conflict(group);
  return [];
}

function conflict(group: readonly MergedOption[]): SluiceError {
  const names = group.map(
    ({ option, source, variable }) => `--${option.name} (${variable ?? source.replace("-", " ")})`,
  );
  return new SluiceError("INPUT_INVALID", `${names.join(" and ")} exclude each other; keep one of them`, {
    details: { fields: group.map(({ option }) => `--${option.name}`) },
  });
}
