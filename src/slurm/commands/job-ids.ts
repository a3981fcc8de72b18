import { SluiceError } from "../../errors.ts";
import { quoteValue } from "../values/format-invalid.ts";

/** `one`: a job, a task of an array, or a component of a heterogeneous job. `several`: also `12_[1-3,7]`. */
const shapes = {
  one: /^[1-9]\d{0,9}(?:_\d{1,10}|\+\d{1,9})?$/,
  several: /^[1-9]\d{0,9}(?:_(?:\d{1,10}|\[[\d,:-]+\])|\+\d{1,9})?$/,
} as const;

/**
 * Native ids as one argument: `12,13_4`. squeue and sacct take ids of one task each; scancel and scontrol sets of tasks
 * too. Throws `INPUT_INVALID` for a list without ids, which Slurm takes for "every job", and for anything that is not an id.
 */
export function jobIdList(program: string, ids: readonly string[], form: keyof typeof shapes = "one"): string {
  const wrong = ids.find((id) => !shapes[form].test(id));
  if (wrong !== undefined || ids.length === 0) {
    const problem = wrong === undefined ? "no job id given" : `${quoteValue(wrong)} is not a job id that it takes`;
    throw new SluiceError("INPUT_INVALID", `${program}: ${problem}; give ids such as 12, 12_3 or 12+1`, {
      details: { field: "job" },
    });
  }
  return ids.join(",");
}
