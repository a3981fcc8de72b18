import type { ExitStatus, JobState } from "../../schema/job.ts";
import { parseArraySpec } from "../../slurm/values/array-spec.ts";
import type { MockSubmission } from "./mock-job.ts";
import type { Outcome } from "../mock-settings.ts";

type Words = string | Uint8Array;

type SettledStep = Exclude<NonNullable<Outcome["states"]>[number], string>;

/** One state on the way, as settings have it; in a process of one's own it may last until something is so. */
export type MockStep =
  | SettledStep["state"]
  | (Omit<SettledStep, "stdout" | "stderr"> & {
      readonly stdout?: Words | undefined;
      readonly stderr?: Words | undefined;
      /** Instead of polls or seconds: asked at every look. */
      readonly until?: () => boolean;
    });

/** What becomes of one job or task, as settings have it. */
export interface MockOutcome extends Omit<Outcome, "states" | "stdout" | "stderr"> {
  readonly states?: readonly MockStep[] | undefined;
  readonly stdout?: Words | undefined;
  readonly stderr?: Words | undefined;
  /** What it leaves in the folder `files` of its own folder, by name, when it ends. */
  readonly files?: Readonly<Record<string, Words>> | undefined;
}

/** One state of a job or task, and how long it lasts. */
export interface WalkStep {
  readonly state: JobState;
  readonly polls: number;
  readonly seconds?: number | undefined;
  readonly until?: (() => boolean) | undefined;
  readonly reason?: string | undefined;
  readonly exit?: ExitStatus | undefined;
  readonly stdout?: Words | undefined;
  readonly stderr?: Words | undefined;
  readonly files?: Readonly<Record<string, Words>> | undefined;
}

/** The first outcome that fits, or the one that every job has. */
export function chooseOutcome(
  outcomes: readonly MockOutcome[],
  submission: MockSubmission,
  task: number | undefined,
): MockOutcome {
  const fits = ({ name, contains, tasks }: MockOutcome): boolean =>
    (name === undefined || matchesGlob(submission.name, name)) &&
    (contains === undefined || submission.script.includes(contains)) &&
    (tasks === undefined || (task !== undefined && parseArraySpec(tasks).indices.includes(task)));
  return outcomes.find(fits) ?? {};
}

/** Whether the whole text is as the pattern says: `*` is any characters, `?` any one. */
export function matchesGlob(text: string, pattern: string): boolean {
  const source = pattern
    .replaceAll(/[\\^$.|+()[\]{}]/g, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "su").test(text);
}

/** The states that a job walks through, the last for good. */
export function toWalk(outcome: MockOutcome): readonly WalkStep[] {
  const { states = ["pending", "running"] } = outcome;
  const steps = states.map((step): WalkStep => {
    if (typeof step === "string") return { state: step, polls: 1 };
    const lasts = step.seconds === undefined && step.until === undefined ? (step.polls ?? 1) : 0;
    return { ...step, polls: lasts };
  });
  const end = endOf(outcome);
  if (end !== undefined) return [...steps, end];
  return steps.length > 0 ? steps : [{ state: "pending", polls: 1 }];
}

function endOf({ ends, exit_code = 0, signal = 0, reason, stdout, stderr, files }: MockOutcome): WalkStep | undefined {
  const state = ends ?? (exit_code > 0 || signal > 0 ? "failed" : "completed");
  if (state === "never") return undefined;
  const isPlainFailure = state === "failed" && exit_code === 0 && signal === 0;
  const exit = { status: isPlainFailure ? 1 : exit_code, signal };
  return { state, polls: Infinity, exit, reason, stdout, stderr, files };
}
