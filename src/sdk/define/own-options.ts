import { isAbsolute } from "node:path";
import { SluiceError } from "../../errors.ts";
import { nearestName } from "../../slurm/batch/nearest-name.ts";
import { readPackaging, type Packaging } from "../shipping/packaging.ts";
import type { RetryState } from "./task-options.ts";

/** When a call is made again, with nothing left out. */
export interface RetryPlan {
  readonly limit: number;
  readonly on: readonly RetryState[];
  readonly backoffSeconds: number;
  readonly factor: number;
}

/** Sluice's own options of a task. */
export interface OwnOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly packaging?: Packaging;
  /** `system`, `bundled`, or an absolute path. */
  readonly node?: string;
  /** Lines of shell. */
  readonly setup: readonly string[];
  readonly srun: boolean;
  readonly retries?: RetryPlan;
}

/** What reads the value of each; all throw `INPUT_INVALID` that names the field. */
export const ownReaders: {
  readonly [Name in keyof Required<OwnOptions>]: (value: unknown, field: string) => OwnOptions[Name];
} = {
  env(value, field) {
    const env = readTexts(value, field);
    const wrong = Object.keys(env).find((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
    if (wrong === undefined) return env;
    throw refused(`${field}.${wrong}`, "is not the name of a variable: letters, digits and _, no digit first");
  },
  labels: readTexts,
  cwd(value, field) {
    if (typeof value === "string" && isAbsolute(value)) return value;
    throw refused(field, `takes the absolute path of a folder on the cluster, not ${shown(value)}`);
  },
  packaging(value, field) {
    try {
      assertPackaging(value);
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      const within = (text: string): string => text.replace(/^packaging/, field);
      const details = { field: within(String(error.details["field"])) };
      throw new SluiceError("INPUT_INVALID", within(error.message), { cause: error, details });
    }
    return value;
  },
  node(value, field) {
    if (value === "system" || value === "bundled") return value;
    if (typeof value === "string" && isAbsolute(value)) return value;
    throw refused(field, `takes "system", "bundled" or the absolute path of a node program, not ${shown(value)}`);
  },
  setup(value, field) {
    const lines: readonly unknown[] = Array.isArray(value) ? value : [value];
    return lines.flatMap((line) => {
      if (typeof line === "string" && !line.includes("\0")) return line.split("\n");
      throw refused(field, `takes lines of shell, not ${shown(line)}`);
    });
  },
  srun(value, field) {
    if (typeof value === "boolean") return value;
    throw refused(field, `takes true or false, not ${shown(value)}`);
  },
  retries: readRetries,
};

function assertPackaging(value: unknown): asserts value is Packaging {
  readPackaging(value);
}

const retryStates = [
  "failed",
  "timeout",
  "node_fail",
  "preempted",
  "out_of_memory",
] as const satisfies readonly RetryState[];
const retryFields = ["limit", "on", "backoffSeconds", "factor"];

function readRetries(value: unknown, field: string): RetryPlan {
  const given: unknown = typeof value === "number" ? { limit: value } : value;
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw refused(field, `takes a number, or an object as { limit: 3, on: ["failed"] }, not ${shown(value)}`);
  }
  const {
    limit,
    on = ["failed"],
    backoffSeconds = 1,
    factor = 2,
    ...others
  }: Readonly<Record<string, unknown>> = { ...given };
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    const near = nearestName(unknown, retryFields);
    throw refused(
      `${field}.${unknown}`,
      `is not known; ${near === undefined ? `there are ${retryFields.join(", ")}` : `did you mean ${near}?`}`,
    );
  }
  const states: readonly unknown[] = Array.isArray(on) ? on : [on];
  return {
    limit: atLeast(0, limit, `${field}.limit`, { isWhole: true }),
    on: states.map((state) => {
      const known = retryStates.find((one) => one === state);
      if (known === undefined) throw refused(`${field}.on`, `takes ${retryStates.join(", ")}, not ${shown(state)}`);
      return known;
    }),
    backoffSeconds: atLeast(0, backoffSeconds, `${field}.backoffSeconds`),
    factor: atLeast(1, factor, `${field}.factor`),
  };
}

function atLeast(least: number, value: unknown, field: string, { isWhole = false } = {}): number {
  if (typeof value === "number" && value >= least && value < 2 ** 31 && (!isWhole || Number.isInteger(value)))
    return value;
  throw refused(field, `takes a ${isWhole ? "whole " : ""}number from ${least}, not ${shown(value)}`);
}

function readTexts(value: unknown, field: string): Readonly<Record<string, string>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refused(field, `takes names with texts, not ${shown(value)}`);
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, text]: [string, unknown]) => {
      if (typeof text !== "string") throw refused(`${field}.${name}`, `takes a text, not ${shown(text)}`);
      if (text.includes("\0")) throw refused(`${field}.${name}`, "has a NUL byte, which no variable or label can have");
      return [name, text];
    }),
  );
}

function refused(field: string, problem: string): SluiceError {
  return new SluiceError("INPUT_INVALID", `${field} ${problem}`, { details: { field } });
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" && value !== null ? "an object" : (JSON.stringify(value) ?? typeof value);
}
