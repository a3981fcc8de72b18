import { expect, test } from "vitest";
import { batchOptions } from "../../slurm/batch/option-table.ts";
import { findField } from "./option-fields.ts";
import { toCamelCase } from "../../slurm/batch/camel-case.ts";
import { canonicalName, optionAliases, ownOptions, refusedOptions, rivalOptions } from "./option-names.ts";

test("every option of sbatch is one of a task's, or refused", () => {
  const missing = batchOptions.map(({ name }) => name).filter((name) => findField(toCamelCase(name)) === undefined);
  expect(missing.sort()).toEqual(Object.keys(refusedOptions).sort());
});

test("other names stand for options that there are", () => {
  expect(Object.values(optionAliases).filter((name) => findField(name) === undefined)).toEqual([]);
  for (const own of ownOptions) expect(findField(own)).toEqual({ own });
});

test("options that write one setting in sbatch are rivals, and all rivals are options", () => {
  const settings = new Set(batchOptions.flatMap(({ setting }) => setting ?? []));
  for (const setting of settings) {
    const options = batchOptions.filter((option) => option.setting === setting);
    const names = options.map(({ name }) => canonicalName(toCamelCase(name))).sort();
    expect(rivalOptions.map((group) => [...group].sort())).toContainEqual(names);
  }
  expect(rivalOptions.flat().filter((name) => findField(name) === undefined)).toEqual([]);
});
