import { SluiceError } from "../../errors.ts";
import { nearestName } from "../../slurm/batch/nearest-name.ts";
import { isTable, type TomlDocument, type TomlTable } from "./read-toml.ts";
import { slurmfileInvalid } from "./slurmfile-error.ts";
import type { TomlPlace } from "./toml-places.ts";

/** A table that says something of an environment. */
export interface Section {
  /** Where it stands in its file. */
  readonly path: readonly string[];
  readonly table: TomlTable;
}

/** The sections of one environment, from the lowest to the highest. */
export interface Environment {
  readonly document: TomlDocument;
  readonly name: string;
  readonly sections: readonly Section[];
}

const parts = ["cluster", "packaging", "submit", "callbacks"];

/** The environment where none is named; its settings count for all the others too, below theirs. */
export const defaultEnvironment = "default";

/**
 * The sections of an environment: the default's, and then its own, each of `[NAME]` and of `[environments.NAME]`, in
 * `[tool.slurm]` where the file has that. Throws `ENVIRONMENT_NOT_FOUND` with those that there are, and `SLURMFILE_INVALID`.
 */
export function sectionsOf(document: TomlDocument, name: string): Environment {
  const tool = document.root["tool"];
  const slurm = isTable(tool) ? tool["slurm"] : undefined;
  const [root, rootPath] = isTable(slurm) ? [slurm, ["tool", "slurm"]] : [document.root, []];
  const { environments = {}, tool: _, ...topLevel } = root;
  const fail = (path: readonly string[], problem: string): SluiceError =>
    slurmfileInvalid({ file: document.file, place: document.places.of(path), field: path.join("."), problem });

  const groups: readonly Section[] = [
    { path: rootPath, table: topLevel },
    { path: [...rootPath, "environments"], table: isTable(environments) ? environments : {} },
  ];
  if (!isTable(environments)) throw fail([...rootPath, "environments"], "takes a table for each environment");
  for (const { path, table } of groups) {
    for (const [key, value] of Object.entries(table)) {
      const isPart = path.length === rootPath.length && parts.includes(key);
      if (isPart) throw fail([...path, key], `stands in no environment; write [${defaultEnvironment}.${key}]`);
      if (!isTable(value)) throw fail([...path, key], "is no environment, which is a table");
    }
  }
  const named = (wanted: string): readonly Section[] =>
    groups.flatMap(({ path, table }) => {
      const value = Object.hasOwn(table, wanted) ? table[wanted] : undefined;
      return isTable(value) ? [{ path: [...path, wanted], table: value }] : [];
    });
  const own = named(name);
  if (own.length === 0)
    throw notFound(document.file, name, [...new Set(groups.flatMap(({ table }) => Object.keys(table)))]);
  const sections = name === defaultEnvironment ? own : [...named(defaultEnvironment), ...own];
  for (const { path, table } of sections) {
    const unknown = Object.keys(table).find((key) => !parts.includes(key));
    if (unknown === undefined) continue;
    const near = nearestName(unknown, parts);
    const hint = near === undefined ? `an environment has ${parts.join(", ")}` : `did you mean ${near}?`;
    throw fail([...path, unknown], `is not known; ${hint}`);
  }
  return { document, name, sections };
}

function notFound(file: string, name: string, known: readonly string[]): SluiceError {
  const near = nearestName(name, known);
  const there = known.length === 0 ? "it has none" : `it has ${known.join(", ")}`;
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  return new SluiceError("ENVIRONMENT_NOT_FOUND", `${file} has no environment "${name}": ${there}${hint}`, {
    details: { file, name, known },
  });
}

/** A part of an environment, all sections together: tables within each other, of all else the highest. */
export function mergedPart({ document, sections }: Environment, part: string): TomlTable {
  return sections.reduce<TomlTable>((merged, { path, table }) => {
    const value = table[part];
    if (value === undefined) return merged;
    if (isTable(value)) return mergeDeep(merged, value);
    const place = document.places.of([...path, part]);
    throw slurmfileInvalid({ file: document.file, place, field: [...path, part].join("."), problem: "takes a table" });
  }, {});
}

function mergeDeep(lower: TomlTable, higher: TomlTable): TomlTable {
  const merged: Record<string, unknown> = { ...lower };
  for (const [key, value] of Object.entries(higher)) {
    const below = merged[key];
    merged[key] = isTable(below) && isTable(value) ? mergeDeep(below, value) : value;
  }
  return merged;
}

/** Where the highest section says something, and its whole name; the environment itself where none says it. */
export function originOf(
  { document, sections }: Environment,
  path: readonly string[],
): { readonly place: TomlPlace; readonly field: string } {
  for (let length = path.length; length >= 0; length -= 1) {
    const start = path.slice(0, length);
    const section = sections.findLast(({ table }) => hasKey(table, start));
    if (section === undefined) continue;
    return { place: document.places.of([...section.path, ...start]), field: [...section.path, ...path].join(".") };
  }
  return { place: { line: 1, column: 1 }, field: path.join(".") };
}

function hasKey(table: TomlTable, path: readonly string[]): boolean {
  const [key, ...others] = path;
  if (key === undefined) return true;
  if (!Object.hasOwn(table, key)) return false;
  const value = table[key];
  return others.length === 0 || (isTable(value) && hasKey(value, others));
}
