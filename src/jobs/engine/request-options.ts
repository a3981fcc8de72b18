import { SluiceError } from "../../errors.ts";
import type { BatchOption } from "../../slurm/batch/batch-option.ts";
import { toCamelCase } from "../../slurm/batch/camel-case.ts";
import { nearestName } from "../../slurm/batch/nearest-name.ts";
import { batchOptions } from "../../slurm/batch/option-table.ts";
import type { GivenOption } from "../../slurm/batch/read-options.ts";
import type { JobRequest } from "../job-service.ts";

/** What a request says otherwise, or what would keep a job from being one. */
const notForRequests: Readonly<Record<string, string>> = {
  "test-only": "ask for a test instead",
  clusters: "name the cluster in the request instead",
  "cluster-constraint": "name the cluster in the request instead",
  wrap: "give a script or a command instead",
  wait: "follow the job instead",
  parsable: "leave it out",
  quiet: "leave it out",
  verbose: "leave it out",
  help: "leave it out",
  usage: "leave it out",
  version: "leave it out",
};

const byCamelCase: ReadonlyMap<string, BatchOption> = new Map(
  batchOptions.map((option) => [toCamelCase(option.name), option]),
);

/** The options that a request may carry, by their names in it. */
export const requestOptions: ReadonlyMap<string, BatchOption> = new Map(
  [...byCamelCase].filter(([, { name }]) => notForRequests[name] === undefined),
);

/** Flags that have a counterpart, which says no. */
const counterparts: Readonly<Record<string, string>> = { requeue: "no-requeue", exclusive: "oversubscribe" };

/**
 * sbatch's arguments for a request's options. `true` gives a flag; `false` takes back one that sbatch can take back
 * (`requeue`), and is refused where the script itself sets the flag. Throws `INPUT_INVALID`, naming the field.
 */
export function toArguments(
  options: NonNullable<JobRequest["options"]>,
  ofScript: readonly GivenOption[],
): readonly string[] {
  return Object.entries(options).flatMap(([key, value]): string[] => {
    const option = byCamelCase.get(key);
    if (option === undefined) {
      const near = nearestName(key, [...requestOptions.keys()]);
      throw invalid(key, `is no option of sbatch${near === undefined ? "" : `; did you mean ${near}?`}`);
    }
    const { name, takes } = option;
    const instead = notForRequests[name];
    if (instead !== undefined) throw invalid(key, `cannot be asked for here; ${instead}`);
    if (value === true) {
      if (takes !== "value") return [`--${name}`];
      throw invalid(key, `needs a value: ${option.metavar ?? "text"}`);
    }
    if (value === false) {
      const counterpart = counterparts[name];
      if (counterpart !== undefined) return [`--${counterpart}`];
      if (!ofScript.some((given) => given.option.name === name)) return [];
      throw invalid(key, `is set by the script, and sbatch cannot take it back; take it out of the script`);
    }
    if (takes === "nothing") throw invalid(key, "takes true or false");
    return [`--${name}=${value}`];
  });
}

function invalid(key: string, problem: string): SluiceError {
  const field = `options.${key.slice(0, 60)}`;
  return new SluiceError("INPUT_INVALID", `${field} ${problem}`, { details: { field } });
}
