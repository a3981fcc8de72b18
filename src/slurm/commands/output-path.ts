/** What the patterns of `--output` and `--error` stand for, sbatch(1), FILENAME PATTERN. */
export interface OutputFacts {
  /** `%j` and `%J`: the job's own number, which for a task differs from the array's; text where the scheduler is not Slurm. */
  readonly jobId: number | string;
  /** `%A`; absent for a job that is no array, where it is `jobId`. */
  readonly arrayJobId?: number | string;
  /** `%a`; absent for a job that is no array. */
  readonly task?: number;
  /** `%u`. */
  readonly user: string;
  /** `%x`. */
  readonly name: string;
  /** `%N`: the first node. */
  readonly batchHost?: string;
  /** The job's own directory, to which a relative path belongs. */
  readonly workDirectory: string;
}

/** Slurm's number for "no task yet", 0xfffffffe, which it puts into the paths of an array that waits. */
const noTask = "4294967294";

/**
 * The path of one task's output, from what `scontrol show job` says of an array that waits (`slurm-12_4294967294.out`).
 * `undefined` where the path says nothing of the task, so that either all tasks share it or `%j` in the pattern gave the
 * array's number for the task's.
 */
export function outputOfTask(shownPath: string, task: number): string | undefined {
  return shownPath.includes(noTask) ? shownPath.replaceAll(noTask, String(task)) : undefined;
}

/** The patterns that are numbers: a width before them, ten at most, is filled with zeros. */
const padded: ReadonlySet<string> = new Set(["A", "a", "J", "j", "n", "t"]);

/**
 * Expands a pattern as slurmd does when it opens the file of a batch script: `%5j` pads with zeros, `%%` is a percent
 * sign, a backslash anywhere takes all meaning from `%`, an unknown letter stays as it is, and a width that no letter
 * takes loses its percent sign. The file of a batch script belongs to node and task 0. `%b` (from 23.02 on) is not known
 * here. `undefined` where the pattern needs a fact that is not there yet.
 */
export function expandOutputPattern(pattern: string, facts: OutputFacts): string | undefined {
  let missing = false;
  const values: Readonly<Record<string, string | undefined>> = {
    A: String(facts.arrayJobId ?? facts.jobId),
    a: String(facts.task ?? noTask),
    J: String(facts.jobId),
    j: String(facts.jobId),
    N: facts.batchHost,
    n: "0",
    s: "batch",
    t: "0",
    u: facts.user,
    x: facts.name,
  };
  const expanded = pattern.includes("\\")
    ? pattern.replaceAll("\\", "")
    : pattern.replace(
        /%(?:%|(\d*)([AaJjNnstux])|(\d+))/g,
        (match: string, width = "", letter?: string, lostWidth?: string) => {
          if (letter === undefined) return lostWidth ?? "%";
          const value = values[letter];
          if (value === undefined) missing = true;
          return padded.has(letter) ? (value ?? "").padStart(Math.min(Number(width), 10), "0") : (value ?? match);
        },
      );
  if (missing) return undefined;
  return expanded.startsWith("/") ? expanded : `${facts.workDirectory.replace(/\/$/, "")}/${expanded}`;
}
