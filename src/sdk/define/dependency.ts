import { SluiceError } from "../../errors.ts";
import { nearestName } from "../../slurm/batch/nearest-name.ts";
import { jobMarkOf, type JobMark, type jobMarker } from "../values/job-marker.ts";

/** A `Job` or an `ArrayJob`. */
export interface JobLike {
  readonly [jobMarker]: JobMark;
}

/** What may be waited for of another job (sbatch(1), `--dependency`). */
export const afterConditions = ["afterok", "afterany", "afternotok", "aftercorr", "after"] as const;
export type AfterCondition = (typeof afterConditions)[number];

/** One thing that a task waits for. `singleton`: all earlier jobs of the same name and user. */
export type Dependency =
  | { readonly condition: AfterCondition; readonly job: JobLike }
  | { readonly condition: "singleton" };

/**
 * What a task waits for, by condition: `afterok` the success of the jobs, `afterany` their end, `afternotok` their failure,
 * `aftercorr` for each task of an array the success of the same task of theirs, `after` their start.
 */
export type AfterConditions = { readonly [Condition in AfterCondition]?: JobLike | readonly JobLike[] | undefined } & {
  readonly singleton?: boolean | undefined;
};

/** One argument of `after`: jobs that must succeed, or jobs by condition. */
export type After = JobLike | readonly JobLike[] | AfterConditions;

/** Reads the arguments of `after`. Throws `INPUT_INVALID` for what is neither a job nor a condition. */
export function readDependencies(given: readonly unknown[], field = "after"): readonly Dependency[] {
  return given.flatMap((one, index): readonly Dependency[] => {
    const place = given.length === 1 ? field : `${field}[${index}]`;
    if (isJobs(one)) return toDependencies("afterok", one, place);
    if (typeof one !== "object" || one === null || isThenable(one))
      throw invalid(place, "takes jobs, or jobs by condition", one);
    return Object.entries(one).flatMap(([name, value]: [string, unknown]): readonly Dependency[] => {
      if (value === undefined) return [];
      if (name === "singleton") {
        if (typeof value !== "boolean") throw invalid(`${place}.singleton`, "takes true or false", value);
        return value ? [{ condition: "singleton" }] : [];
      }
      const condition = afterConditions.find((known) => known === name);
      if (condition === undefined) throw unknownCondition(place, name);
      return toDependencies(condition, value, `${place}.${name}`);
    });
  });
}

function isJobs(value: unknown): boolean {
  return Array.isArray(value) || isJob(value);
}

function isJob(value: unknown): value is JobLike {
  return typeof value === "object" && value !== null && jobMarkOf(value) !== undefined;
}

function toDependencies(condition: AfterCondition, value: unknown, place: string): readonly Dependency[] {
  const jobs: readonly unknown[] = Array.isArray(value) ? value : [value];
  return jobs.map((job) => {
    if (isJob(job)) return { condition, job };
    throw invalid(place, "takes jobs, as submit gives them", job);
  });
}

function isThenable(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value;
}

function unknownCondition(place: string, name: string): SluiceError {
  const names = [...afterConditions, "singleton"];
  const near = nearestName(name, names);
  const hint = near === undefined ? `there are ${names.join(", ")}` : `did you mean ${near}?`;
  return new SluiceError("INPUT_INVALID", `${place} knows no condition ${JSON.stringify(name)}; ${hint}`, {
    details: { field: place },
  });
}

function invalid(field: string, takes: string, value: unknown): SluiceError {
  const given = value === null ? "null" : isThenable(value) ? "a promise; await it first" : typeof value;
  return new SluiceError("INPUT_INVALID", `${field} ${takes}, not ${given}`, { details: { field } });
}
