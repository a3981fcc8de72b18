import { batchOptions } from "../../slurm/batch/option-table.ts";
import { checkOptions, isSet, rivalsOf, type OptionLayer } from "./check-options.ts";
import { findField } from "./option-fields.ts";
import { ownReaders, type OwnOptions } from "./own-options.ts";
import { readOption, type BatchSetting } from "./read-option.ts";
import type { TaskOptions } from "./task-options.ts";

/** All that a task asks for, in the end. */
export interface ResolvedOptions {
  /** sbatch's options, in the order of its table. */
  readonly sbatch: readonly BatchSetting[];
  readonly own: OwnOptions;
}

/** Options whose values of several layers come together. */
const joined: ReadonlySet<string> = new Set(["env", "labels"]);

/**
 * The options of several layers in one, under their canonical names: later ones count before earlier ones, and what they say
 * of one of several options that exclude each other puts the others aside. Throws as `checkOptions`.
 */
export function mergeOptions(layers: readonly TaskOptions[], at?: string): TaskOptions {
  return Object.fromEntries(merge(layers.map((layer) => checkOptions(layer, at))));
}

/** What the layers, from the lowest to the highest, come to. Throws as `checkOptions`. */
export function resolveOptions(layers: readonly TaskOptions[]): ResolvedOptions {
  const merged = merge(layers.map((layer) => checkOptions(layer)));
  const settings = new Map<string, BatchSetting>();
  for (const [name, value] of merged) {
    const found = findField(name);
    if (found === undefined || "own" in found || value === null) continue;
    const setting = readOption(found.option, value, `options.${name}`);
    if (setting !== undefined) settings.set(setting.name, setting);
  }
  return {
    sbatch: batchOptions.flatMap(({ name }) => settings.get(name) ?? []),
    own: ownOptionsOf(merged),
  };
}

function merge(layers: readonly OptionLayer[]): OptionLayer {
  const merged = new Map<string, unknown>();
  for (const layer of layers) {
    for (const [name, value] of layer) {
      if (isSet(value)) for (const rival of rivalsOf(name)) if (!layer.has(rival)) merged.delete(rival);
      const lower = merged.get(name);
      merged.set(name, joined.has(name) && isTable(lower) && isTable(value) ? { ...lower, ...value } : value);
    }
  }
  return merged;
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function ownOptionsOf(merged: OptionLayer): OwnOptions {
  const read = <Name extends keyof OwnOptions>(name: Name): OwnOptions[Name] | undefined => {
    const value = merged.get(name);
    return value === undefined || value === null ? undefined : ownReaders[name](value, `options.${name}`);
  };
  const [cwd, packaging, node, retries] = [read("cwd"), read("packaging"), read("node"), read("retries")];
  return {
    env: read("env") ?? {},
    labels: read("labels") ?? {},
    setup: read("setup") ?? [],
    srun: read("srun") ?? false,
    ...(cwd !== undefined && { cwd }),
    ...(packaging !== undefined && { packaging }),
    ...(node !== undefined && { node }),
    ...(retries !== undefined && { retries }),
  };
}
