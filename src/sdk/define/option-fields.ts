import type { BatchOption } from "../../slurm/batch/batch-option.ts";
import { nearestName } from "../../slurm/batch/nearest-name.ts";
import { batchOptions, type BatchOptionName } from "../../slurm/batch/option-table.ts";
import { toCamelCase } from "../../slurm/batch/camel-case.ts";
import { canonicalName, optionAliases, ownOptions, refusedOptions } from "./option-names.ts";

/** One option that a task has: one of sbatch's, or one of Sluice's own. */
export type OptionField =
  | { readonly option: BatchOption & { readonly name: BatchOptionName } }
  | { readonly own: OwnOption };
export type OwnOption = (typeof ownOptions)[number];

const fields: ReadonlyMap<string, OptionField> = new Map<string, OptionField>([
  ...batchOptions
    .filter(({ name }) => !Object.hasOwn(refusedOptions, name))
    .map((option): [string, OptionField] => [canonicalName(toCamelCase(option.name)), { option }]),
  ...ownOptions.map((own): [string, OptionField] => [own, { own }]),
]);

/** The option of a name. */
export function findField(name: string): OptionField | undefined {
  return fields.get(canonicalName(name));
}

/** What to say of a name that no option has: a clause, with what to do. */
export function unknownOption(name: string): string {
  const batchName = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const instead: Readonly<Record<string, string>> = refusedOptions;
  if (Object.hasOwn(instead, batchName)) return `is none that a task can have; ${instead[batchName]}`;
  const camelCase = toCamelCase(name.replaceAll("_", "-"));
  const near =
    findField(camelCase) === undefined
      ? nearestName(name, [...Object.keys(optionAliases), ...fields.keys()])
      : camelCase;
  return `is no option${near === undefined ? "; there are those of sbatch(1), in camelCase" : `; did you mean ${near}?`}`;
}
