import type { JobBody } from "../../client/client.ts";
import { SluiceError } from "../../errors.ts";
import { optionFields } from "../../gateway/contract/job-body.ts";
import { parseInput } from "../../gateway/parse-input.ts";
import { jobRequestShape } from "../../schema/api-job-request.ts";
import type { BatchOption } from "../../slurm/batch/batch-option.ts";
import { toCamelCase } from "../../slurm/batch/camel-case.ts";
import { findOption } from "../../slurm/batch/option-table.ts";
import { checkValue } from "../../slurm/batch/option-value.ts";
import { parseArguments } from "../../slurm/batch/parse-arguments.ts";
import type { GivenOption } from "../../slurm/batch/read-options.ts";

/** What `submit` and `run` were both asked for. */
export interface JobArguments {
  readonly help: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly idempotencyKey?: string;
  /** The job without its script; `cwd` as it was typed. */
  readonly body: Omit<JobBody, "script" | "command" | "args">;
  /** A script's path (`-` is stdin), or a command. */
  readonly job: { readonly script: string; readonly args: readonly string[] } | { readonly command: readonly string[] };
  /** Whether an option of the command's own was given. */
  has(name: string): boolean;
  /** The value of an option of the command's own, where it was given last. */
  value(name: string): string | undefined;
}

export const flag = (name: string, help: string, short?: string): BatchOption => ({
  name,
  takes: "nothing",
  group: "command",
  help,
  ...(short !== undefined && { short }),
});
export const word = (name: string, help: string, short?: string): BatchOption => ({
  ...(short !== undefined && { short }),
  name,
  takes: "value",
  type: "text",
  group: "command",
  help,
});

/** Options beside those of sbatch; some take the place of sbatch's. */
const common: readonly BatchOption[] = [
  word("cluster", "The cluster that takes the job"),
  word("idempotency-key", "The same key gives the same job"),
  word("label", "NAME=VALUE"),
  // As sbatch's own, but that it may name Sluice's ids.
  word("dependency", "Wait for other jobs", "d"),
  flag("json", "Print JSON"),
  flag("quiet", "Say nothing", "Q"),
  flag("help", "Show this help", "h"),
];

/** Options of sbatch that ask for something else than a job. */
const instead: Readonly<Record<string, string>> = {
  "test-only": "it submits nothing; use sluice submit --test-only",
  usage: "use --help",
  version: "use sluice --version",
  clusters: "choose one with --cluster",
  wrap: 'put the command after "--"',
};

/** Options of sbatch about how sbatch itself behaves, for which there is nothing to do. */
const idle: ReadonlySet<string> = new Set(["wait", "parsable", "verbose"]);

/** Reads the arguments of `submit` or `run`, which has options of its own. Throws `INPUT_INVALID`, naming the argument. */
export function readJobArguments(
  argv: readonly string[],
  { command, own }: { readonly command: string; readonly own: readonly BatchOption[] },
): JobArguments {
  const ours = [...common, ...own];
  const { components, rest, dashes } = parseArguments(argv, { own: ours });
  if (components.length > 1) {
    throw new SluiceError(
      "CAPABILITY_MISSING",
      'a heterogeneous job (" : " between options) cannot be handed in from the command line; put its parts into the script',
    );
  }
  const given = components[0];
  const mine = given.filter(({ option }) => ours.includes(option));
  const theirs = given.filter(({ option }) => !ours.includes(option) && !idle.has(option.name));
  const has = (name: string): boolean => mine.some(({ option }) => option.name === name);
  const value = (name: string): string | undefined => mine.findLast(({ option }) => option.name === name)?.value;
  const body = bodyOf(theirs, command);
  const help = has("help");
  const [script, ...args] = rest;
  if (script === undefined && !help) throw invalid("SCRIPT", 'no script was named, and no command after "--"');
  const labels = mine.filter(({ option }) => option.name === "label").map((label) => readLabel(label.value ?? ""));
  const [cluster, dependency, idempotencyKey] = [value("cluster"), value("dependency"), value("idempotency-key")];
  return {
    help,
    json: has("json"),
    quiet: has("quiet"),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    body: {
      ...body,
      ...(dependency !== undefined && readDependency(dependency)),
      ...(cluster !== undefined && { cluster }),
      ...(labels.length > 0 && { labels: Object.fromEntries(labels) }),
    },
    job: dashes ? { command: rest } : { script: script ?? "", args },
    has,
    value,
  };
}

function bodyOf(given: readonly GivenOption[], command: string): JobArguments["body"] {
  const fields = given.map(({ option, value }): readonly [string, unknown] => {
    const field = toCamelCase(option.name);
    if (option.name === "job-name") return ["name", value];
    if (option.name === "chdir") return ["cwd", value];
    if (optionFields.has(field)) return [field, value ?? true];
    const why = instead[option.name];
    throw invalid(
      `--${option.name}`,
      `--${option.name} does not go with ${command}${why === undefined ? "" : `: ${why}`}`,
    );
  });
  return Object.fromEntries(fields);
}

const ulidForm = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** A dependency on Sluice's ids becomes a field of ours; one on native ids goes to sbatch as it is. */
function readDependency(text: string): JobArguments["body"] {
  const needs = text.includes("?") ? "any" : "all";
  const on = text.split(/[,?]/).flatMap((part) => {
    const [condition = "", ...ids] = part.split(":");
    return ids.map((id) => {
      const [jobId = "", delay] = id.split("+");
      return { condition, jobId, ...(delay !== undefined && { delayMinutes: Number(delay) }) };
    });
  });
  const ours = on.filter(({ jobId }) => ulidForm.test(jobId));
  if (ours.length === 0) {
    checkValue(findOption("dependency"), text);
    return { dependency: text };
  }
  if (ours.length < on.length) {
    throw invalid("--dependency", "--dependency takes either Sluice's ids or native ones, not both at once");
  }
  return { dependencies: parseInput(jobRequestShape.dependencies.unwrap(), { needs, on }, "--dependency") };
}

function readLabel(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw invalid("--label", `--label takes NAME=VALUE, not ${JSON.stringify(text)}`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function invalid(field: string, message: string): SluiceError {
  return new SluiceError("INPUT_INVALID", message, { details: { field } });
}
