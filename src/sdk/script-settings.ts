import type { JobBody } from "../client/client.ts";
import { SluiceError } from "../errors.ts";
import { batchOptions } from "../slurm/batch/option-table.ts";
import type { GivenOption } from "../slurm/batch/read-options.ts";
import type { CallDependencies } from "./call-dependencies.ts";
import { toCamelCase } from "../slurm/batch/camel-case.ts";
import { resolveOptions, type ResolvedOptions } from "./define/resolve-options.ts";
import type { TaskOptions } from "./define/task-options.ts";

/** One option by its long name; without a value for a flag. */
export interface Setting {
  readonly name: string;
  readonly value?: string | undefined;
}

/**
 * Adds what a job waits for beside its jobs, which the engine adds by its own ids. One that can never start any more is ended
 * by Slurm, and not left pending for ever, unless its options say otherwise.
 */
export function withDependencies(
  options: readonly Setting[],
  { body, isSingleton }: CallDependencies,
  ofScript: readonly GivenOption[] = [],
): readonly Setting[] {
  const all = [...toSettings(ofScript), ...options];
  const given = all.findLast(({ name }) => name === "dependency")?.value;
  const isBound = body !== undefined && !all.some(({ name }) => name === "kill-on-invalid-dep");
  const rest = isSingleton ? options.filter(({ name }) => name !== "dependency") : options;
  return [
    ...rest,
    ...(isSingleton ? [{ name: "dependency", value: given === undefined ? "singleton" : `${given},singleton` }] : []),
    ...(isBound ? [{ name: "kill-on-invalid-dep", value: "yes" }] : []),
  ];
}

/** `0-9%2`: so many tasks from 0 on, and how many of them run at once. Throws `INPUT_INVALID`. */
export function arrayOption(tasks: number, limit: number | undefined): Setting {
  if (limit === undefined) return { name: "array", value: `0-${tasks - 1}` };
  if (Number.isSafeInteger(limit) && limit > 0) return { name: "array", value: `0-${tasks - 1}%${limit}` };
  throw new SluiceError("INPUT_INVALID", `maxConcurrent takes a whole number above 0, not ${JSON.stringify(limit)}`, {
    details: { field: "maxConcurrent" },
  });
}

/** sbatch's options with their rows of its table, as scripts are written from. */
export function toGiven(options: readonly Setting[]): readonly GivenOption[] {
  return options.flatMap(({ name, value }): GivenOption[] => {
    const option = batchOptions.find((one) => one.name === name);
    return option === undefined ? [] : [{ option, ...(value !== undefined && { value }) }];
  });
}

export function toSettings(given: readonly GivenOption[]): readonly Setting[] {
  return given.map(({ option, value }) => ({ name: option.name, value }));
}

/** sbatch's options as fields of a job's body. */
export function bodyOptions(options: readonly Setting[]): Readonly<Record<string, string | boolean>> {
  return Object.fromEntries(
    options.map(({ name, value }) => [name === "job-name" ? "name" : toCamelCase(name), value ?? true]),
  );
}

/** What goes beside the script. */
export function placeOf({ env, cwd, labels }: ResolvedOptions["own"]): Pick<JobBody, "env" | "cwd" | "labels"> {
  return {
    ...(Object.keys(env).length > 0 && { env }),
    ...(cwd !== undefined && { cwd }),
    ...(Object.keys(labels).length > 0 && { labels }),
  };
}

/**
 * What a script is submitted with: its options count before its own `#SBATCH` lines, and those of its cluster only where the
 * script says nothing.
 */
export function settingsForScript(
  ofCluster: TaskOptions,
  given: TaskOptions,
  ofScript: readonly GivenOption[],
): ResolvedOptions {
  const asked = resolveOptions([given]).sbatch;
  const said = new Set([...ofScript.map(({ option }) => option.name), ...asked.map(({ name }) => name)]);
  const lowest = resolveOptions([ofCluster]).sbatch.filter(({ name }) => !said.has(name));
  return { sbatch: [...lowest, ...asked], own: resolveOptions([ofCluster, given]).own };
}
