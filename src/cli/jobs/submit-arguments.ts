import type { JobBody } from "../../client/client.ts";
import { SluiceError } from "../../errors.ts";
import { optionFields, toCamelCase } from "../../gateway/contract/job-body.ts";
import type { BatchOption } from "../../slurm/batch/batch-option.ts";
import { parseArguments } from "../../slurm/batch/parse-arguments.ts";
import type { GivenOption } from "../../slurm/batch/read-options.ts";
import { findOption } from "../../slurm/batch/option-table.ts";
import { checkValue } from "../../slurm/batch/option-value.ts";
import { parseInput } from "../../gateway/parse-input.ts";
import { jobRequestShape } from "../../schema/api-job-request.ts";

/** What `sluice submit` was asked for. */
export interface SubmitArguments {
  readonly help: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly wait: boolean;
  readonly testOnly: boolean;
  readonly idempotencyKey?: string;
  /** The job without its script. */
  readonly body: Omit<JobBody, "script" | "command" | "args">;
  /** A script's path (`-` is stdin), or a command. */
  readonly job: { readonly script: string; readonly args: readonly string[] } | { readonly command: readonly string[] };
}

const flag = (name: string, help: string, short?: string): BatchOption => ({
  name,
  takes: "nothing",
  group: "command",
  help,
  ...(short !== undefined && { short }),
});
const word = (name: string, help: string, short?: string): BatchOption => ({
  ...(short !== undefined && { short }),
  name,
  takes: "value",
  type: "text",
  group: "command",
  help,
});

/** `submit`'s own options, beside those of sbatch; some take the place of sbatch's. */
const own: readonly BatchOption[] = [
  word("cluster", "The cluster that takes the job"),
  word("idempotency-key", "The same key gives the same job"),
  word("label", "NAME=VALUE"),
  // As sbatch's own, but that it may name Sluice's ids.
  word("dependency", "Wait for other jobs", "d"),
  flag("wait", "Wait for the end", "W"),
  flag("test-only", "Submit nothing"),
  flag("json", "Print JSON"),
  flag("quiet", "Print nothing but the id", "Q"),
  flag("help", "Show this help", "h"),
];

/** Throws `INPUT_INVALID`, naming the argument. */
export function readSubmitArguments(argv: readonly string[]): SubmitArguments {
  const { components, rest, dashes } = parseArguments(argv, { own });
  if (components.length > 1) {
    throw new SluiceError(
      "CAPABILITY_MISSING",
      'a heterogeneous job (" : " between options) cannot be handed in from the command line; put its parts into the script',
    );
  }
  const given = components[0];
  const mine = given.filter(({ option }) => own.includes(option));
  const theirs = given.filter(({ option }) => !own.includes(option));
  const has = (name: string): boolean => mine.some(({ option }) => option.name === name);
  const value = (name: string): string | undefined => mine.findLast(({ option }) => option.name === name)?.value;
  const help = has("help");
  const [script, ...args] = rest;
  if (script === undefined && !help) throw invalid("SCRIPT", 'no script was named, and no command after "--"');
  const dependency = value("dependency");
  const labels = mine.filter(({ option }) => option.name === "label").map((label) => readLabel(label.value ?? ""));
  const [cluster, idempotencyKey] = [value("cluster"), value("idempotency-key")];
  return {
    help,
    json: has("json"),
    quiet: has("quiet"),
    wait: has("wait"),
    testOnly: has("test-only"),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    body: {
      ...bodyOf(theirs),
      ...(dependency !== undefined && readDependency(dependency)),
      ...(cluster !== undefined && { cluster }),
      ...(labels.length > 0 && { labels: Object.fromEntries(labels) }),
    },
    job: dashes ? { command: rest } : { script: script ?? "", args },
  };
}

function bodyOf(given: readonly GivenOption[]): SubmitArguments["body"] {
  const fields = given.flatMap(({ option, value }): (readonly [string, unknown])[] => {
    const field = toCamelCase(option.name);
    if (option.name === "job-name") return [["name", value]];
    if (option.name === "chdir") return [["cwd", value]];
    if (!optionFields.has(field)) throw invalid(`--${option.name}`, `--${option.name} does not go with submit`);
    return [[field, value ?? true]];
  });
  return Object.fromEntries(fields);
}

const ulidForm = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** A dependency on Sluice's ids becomes a field of ours; one on native ids goes to sbatch as it is. */
function readDependency(text: string): SubmitArguments["body"] {
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
