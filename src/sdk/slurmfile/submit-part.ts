import { SluiceError } from "../../errors.ts";
import { checkOptions } from "../define/check-options.ts";
import { findField } from "../define/option-fields.ts";
import { toCamelCase } from "../../slurm/batch/camel-case.ts";
import type { TaskOptions } from "../define/task-options.ts";
import type { Environment, Section } from "./environment-sections.ts";
import { isTable, type TomlDocument } from "./read-toml.ts";
import { slurmfileInvalid } from "./slurmfile-error.ts";

/**
 * Reads `[….submit]` of each section, from the lowest to the highest: options of tasks as `cpus-per-task`, `cpus_per_task` or
 * `cpusPerTask`. `false` takes back what a lower section says. Throws `SLURMFILE_INVALID`.
 */
export function readSubmitParts({ document, sections }: Environment): readonly TaskOptions[] {
  return sections.map((section) => readSubmit(document, section));
}

function readSubmit({ file, places }: TomlDocument, { path, table }: Section): TaskOptions {
  const fail = (keys: readonly string[], problem: string, cause?: unknown): SluiceError => {
    const whole = [...path, "submit", ...keys];
    return slurmfileInvalid({ file, place: places.of(whole), field: whole.join("."), problem, cause });
  };
  const { submit = {} } = table;
  if (!isTable(submit)) throw fail([], "takes a table");
  const spelt = new Map<string, string>();
  const options: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(submit)) {
    const name = camelCaseOf(key);
    const other = spelt.get(name);
    if (other !== undefined) throw fail([key], `says the same as ${other}; keep one of them`);
    spelt.set(name, key);
    options[name] = toValue(name, value);
  }
  try {
    return Object.fromEntries(checkOptions(options, "submit"));
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    const { field } = error.details;
    const [, name = "", ...within] = typeof field === "string" ? field.split(".") : [];
    // The message begins with the field, in its own spelling.
    const problem =
      error.message.startsWith(`${String(field)} `) || error.message.startsWith(`${String(field)}: `)
        ? error.message.slice(String(field).length).replace(/^:? /, "")
        : error.message;
    throw fail([spelt.get(name) ?? name, ...within], problem, error);
  }
}

function camelCaseOf(key: string): string {
  return toCamelCase(key.replaceAll("_", "-"));
}

function toValue(name: string, value: unknown): unknown {
  if (name === "retries" && isTable(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [camelCaseOf(key), part]));
  }
  const field = findField(name);
  if (value === false && field !== undefined && !("own" in field) && field.option.takes === "value") return null;
  // A time of TOML's, without the zone that sbatch does not take.
  return value instanceof Date ? value.toISOString().replace(/\.0+$/, "") : value;
}
