import { SluiceError } from "../../errors.ts";
import { parseArraySpec } from "./array-spec.ts";
import { formatInvalid, quoteValue } from "./format-invalid.ts";

/**
 * The kinds of sbatch(1), `--dependency`. `expand` is not in that page any more; sbatch still reads it, and the cluster
 * refuses it unless its SchedulerParameters hold `permit_job_expansion`.
 */
export const dependencyKinds = [
  "after",
  "afterany",
  "afterburstbuffer",
  "aftercorr",
  "afternotok",
  "afterok",
  "expand",
  "singleton",
] as const;
export type DependencyKind = (typeof dependencyKinds)[number];

/** What squeue and scontrol tell of a dependency, `afterok:12(unfulfilled)`. */
export const dependencyStatuses = ["unfulfilled", "fulfilled", "failed"] as const;
export type DependencyStatus = (typeof dependencyStatuses)[number];

/** One condition on one job; `singleton` names none. */
export interface DependencyTerm {
  readonly kind: DependencyKind;
  readonly job?: number;
  /** One task of an array, or all of them. */
  readonly task?: number | "all";
  /** How long after the event, in minutes. */
  readonly delayMinutes?: number;
  readonly status?: DependencyStatus;
}

/** What a job waits for: all of the terms, or any one of them. Without terms it waits for nothing. */
export interface Dependency {
  readonly needs: "all" | "any";
  readonly terms: readonly DependencyTerm[];
}

/** Most conditions of one expression; slurmctld looks each of them up whenever it schedules. */
const mostTerms = 10_000;

const remedy = "write as in afterok:12:13,afterany:14, after:12+10 or singleton (sbatch(1), --dependency)";

/**
 * Reads sbatch(1), `--dependency`, and what squeue's `%E` and scontrol print of it: `afterok:1:2,afterany:3`,
 * `afterok:1?afterany:3`, `after:5+10`, `afterok:7_*`, `singleton`, `afterok:12(unfulfilled)`. Kinds may be in any case, and
 * an id without kind means `afterany`, as in sbatch; nothing, `0` and `(null)` are no dependency.
 *
 * sbatch takes a mixture of `,` and `?` for `?` everywhere, against its manual; this refuses it.
 *
 * Throws `FORMAT_INVALID`, and `LIMIT_EXCEEDED` for more than 10,000 conditions.
 */
export function parseDependency(text: string): Dependency {
  if (text === "" || text === "0" || text === "(null)") return { needs: "all", terms: [] };
  const needs = text.includes("?") ? "any" : "all";
  if (needs === "any" && splitOutsideBrackets(text, ",").length > 1) {
    throw formatInvalid("dependency", text, '"," and "?" are mixed', "use one of them: all conditions, or any one");
  }
  const terms: DependencyTerm[] = [];
  for (const item of splitOutsideBrackets(text, needs === "any" ? "?" : ",")) {
    for (const term of parseItem(item, text)) {
      if (terms.length === mostTerms) {
        throw new SluiceError("LIMIT_EXCEEDED", `dependency ${quoteValue(text)} names more than ${mostTerms} jobs`);
      }
      terms.push(term);
    }
  }
  return { needs, terms };
}

/** A list of tasks, `12_[1,3]`, holds commas of its own. */
function splitOutsideBrackets(text: string, separator: string): string[] {
  const items: string[] = [];
  let start = 0;
  let inBrackets = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === "[" || character === "]") inBrackets = character === "[";
    if (character === separator && !inBrackets) {
      items.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...items, text.slice(start)];
}

function* parseItem(item: string, text: string): Generator<DependencyTerm> {
  const [word = "", ...jobs] = item.split(":");
  const singleton = /^singleton(?:\((\w+)\))?$/i.exec(word);
  if (singleton !== null && jobs.length === 0) {
    yield { kind: "singleton", ...statusOf(singleton[1], text) };
    return;
  }
  if (jobs.length === 0 && /^\d/.test(word)) {
    yield* parseJobs(word, "afterany", text);
    return;
  }
  const kind = dependencyKinds.find((name) => name === word.toLowerCase());
  if (kind === undefined || kind === "singleton" || jobs.length === 0) {
    throw formatInvalid("dependency", text, `${quoteValue(item)} is no condition`, remedy);
  }
  for (const job of jobs) yield* parseJobs(job, kind, text);
}

/** One job, or several tasks of one array: `12`, `12_3`, `12_*`, `12_[1-3]`, with delay and status. */
function parseJobs(item: string, kind: DependencyKind, text: string): DependencyTerm[] {
  const match = /^ *([1-9]\d{0,9})(?:_(\d{1,10}|\*|\[[^[\]%]*\]))?(?:\+([1-9]\d{0,8}))?(?:\((\w+)\))?$/.exec(item);
  if (match === null) throw formatInvalid("dependency", text, `${quoteValue(item)} names no job`, remedy);
  const [, job, tasks, delay, status] = match;
  const term: DependencyTerm = {
    kind,
    job: Number(job),
    ...(delay !== undefined && { delayMinutes: Number(delay) }),
    ...statusOf(status, text),
  };
  if (tasks === undefined) return [term];
  if (tasks === "*") return [{ ...term, task: "all" }];
  const { indices } = parseArraySpec(tasks, { limit: mostTerms });
  return indices.map((task) => ({ ...term, task }));
}

function statusOf(word: string | undefined, text: string): { status?: DependencyStatus } {
  if (word === undefined) return {};
  const status = dependencyStatuses.find((name) => name === word);
  if (status === undefined) throw formatInvalid("dependency", text, `(${word.slice(0, 40)}) is no status`, remedy);
  return { status };
}

/** Writes a dependency as squeue does, one condition per job: `afterok:1,afterok:2`. */
export function formatDependency({ needs, terms }: Dependency): string {
  return terms
    .map(({ kind, job, task, delayMinutes, status }) => {
      let text: string = kind;
      if (job !== undefined) text += `:${job}`;
      if (task !== undefined) text += `_${task === "all" ? "*" : task}`;
      if (delayMinutes !== undefined) text += `+${delayMinutes}`;
      return status === undefined ? text : `${text}(${status})`;
    })
    .join(needs === "all" ? "," : "?");
}
