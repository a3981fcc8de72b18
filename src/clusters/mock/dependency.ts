import type { SubmitRequest } from "../../jobs/cluster.ts";
import type { DependencyTerm, Dependency } from "../../slurm/values/dependency.ts";
import type { MockJob } from "./mock-job.ts";
import type { MockTask } from "./mock-task.ts";

/** What a job waits for, with the jobs that are meant. */
export interface MockDependency {
  readonly needs: Dependency["needs"];
  readonly terms: readonly (DependencyTerm & {
    /** The job of the term; for `singleton` those of the same name and before. */
    readonly jobs: readonly MockJob[];
  })[];
}

type Verdict = "met" | "never" | "open";

/** The reason for which a job waits for others: squeue(1), JOB REASON CODES; `undefined` where it does not. */
export function dependencyReason(
  { needs, terms }: MockDependency,
  task: number | undefined,
  now: number,
): "Dependency" | "DependencyNeverSatisfied" | undefined {
  const verdicts = terms.map((term) => judge(term, task, now));
  if (needs === "any" && verdicts.length > 0) {
    if (verdicts.includes("met")) return undefined;
    return verdicts.includes("open") ? "Dependency" : "DependencyNeverSatisfied";
  }
  if (verdicts.includes("never")) return "DependencyNeverSatisfied";
  return verdicts.includes("open") ? "Dependency" : undefined;
}

function judge(
  { kind, jobs, task: of, delayMinutes = 0 }: MockDependency["terms"][number],
  task: number | undefined,
  now: number,
): Verdict {
  const corresponds = (one: MockTask): boolean =>
    kind === "aftercorr"
      ? task === undefined || one.task === task
      : of === undefined || of === "all" || one.task === of;
  const tasks = jobs.flatMap((job) => job.tasks.filter(corresponds));
  for (const one of tasks) one.catchUp();
  if (kind === "after") {
    const begun = tasks.every(({ startedAtMs, endedAtMs }) => {
      const began = startedAtMs ?? endedAtMs;
      return began !== undefined && now >= began + delayMinutes * 60_000;
    });
    return begun ? "met" : "open";
  }
  if (kind === "expand") return "met";
  if (!tasks.every(({ hasEnded }) => hasEnded)) return "open";
  if (kind === "afterany" || kind === "afterburstbuffer" || kind === "singleton") return "met";
  const succeeded = tasks.every(({ state }) => state === "completed");
  return succeeded === (kind !== "afternotok") ? "met" : "never";
}

/** A dependency on jobs of a mock has them as `mock-12`, where sbatch has numbers alone. */
export function withPlainIds(request: SubmitRequest): SubmitRequest {
  const plain = (text: string): string => text.replaceAll(/\bmock-(\d+)/g, "$1");
  const isDependency = (text: string): boolean => /(?:--dependency|-d)\b/.test(text);
  const script = Buffer.from(request.script).toString("latin1");
  const lines = script
    .split("\n")
    .map((line) => (line.startsWith("#SBATCH") && isDependency(line) ? plain(line) : line));
  return {
    ...request,
    script: Buffer.from(lines.join("\n"), "latin1"),
    options: request.options.map((option) => (isDependency(option) ? plain(option) : option)),
  };
}
