import { createHash } from "node:crypto";
import { basename } from "node:path";
import { SluiceError } from "../../errors.ts";
import { canonicalJson } from "../../schema/canonical-json.ts";
import type { Submission } from "../../schema/stored-job.ts";
import { mergeComponents } from "../../slurm/batch/merge-options.ts";
import { parseArguments } from "../../slurm/batch/parse-arguments.ts";
import { readScript } from "../../slurm/batch/read-script.ts";
import type { JobRequest } from "../job-service.ts";
import type { NewJob } from "../store.ts";
import { toArguments } from "./request-options.ts";

/** The script for a command: the words arrive as they are, without a shell having read them. */
const commandScript = '#!/bin/sh\nexec "$@"\n';

/** Slurm's own bound, slurm.conf(5), SchedulerParameters, max_script_size: 4 MiB. */
const largestScript = 4 * 1024 * 1024;
/** The kernel passes no argument of a program that is longer: execve(2), MAX_ARG_STRLEN. */
const longestArgument = 128 * 1024 - 1;
/** And not more than about 2 MiB of all of them together. */
const mostArguments = 1024 * 1024;

/** What of a request goes to its cluster, and what the job is called. Throws `INPUT_INVALID`, `SCRIPT_INVALID`. */
export function readRequest(request: JobRequest): { readonly submission: Submission; readonly name: string } {
  const { command, labels = {}, environment = {}, workDirectory, dependencies } = request;
  const script = scriptOf(request);
  const args = [...(command ?? []), ...(request.args ?? [])];
  checkText({ ...request, args }, environment, labels);
  const { components } = readScript(script);
  const options = [
    ...(request.name === undefined ? [] : [`--job-name=${request.name}`]),
    ...toArguments(request.options ?? {}, components[0]),
  ];
  // Values, and options that exclude each other, are refused as sbatch would.
  const [merged = []] = mergeComponents({ script: components, commandLine: parseArguments(options).components });
  const ownName = merged.find(({ option }) => option.name === "job-name")?.value;
  if (workDirectory !== undefined && !workDirectory.startsWith("/")) {
    throw invalid("workDirectory", `${JSON.stringify(workDirectory)} is no absolute path`);
  }
  return {
    name: ownName ?? (command?.[0] === undefined ? "sluice" : basename(command[0]) || "sluice"),
    submission: {
      script: Buffer.from(script, "utf8").toString("base64"),
      args,
      options,
      environment: { ...environment },
      ...(workDirectory !== undefined && { workDirectory }),
      ...(dependencies !== undefined && dependencies.on.length > 0 && { dependencies }),
    },
  };
}

/** The job that is stored for a request. */
export function toNewJob(
  request: JobRequest,
  read: ReturnType<typeof readRequest>,
  { id, cluster, owner }: { readonly id: string; readonly cluster: string; readonly owner: string },
): NewJob {
  const { idempotencyKey, ...asked } = request;
  return {
    id,
    cluster,
    owner,
    name: read.name,
    labels: request.labels ?? {},
    submission: read.submission,
    ...(idempotencyKey !== undefined && {
      idempotency: { key: idempotencyKey, hash: createHash("sha256").update(canonicalJson(asked)).digest("hex") },
    }),
  };
}

function scriptOf({ script, command }: JobRequest): string {
  if (script !== undefined && command !== undefined)
    throw invalid("command", "is given beside script; give one of them");
  if (script !== undefined) {
    if (Buffer.byteLength(script) <= largestScript) return script;
    throw new SluiceError("LIMIT_EXCEEDED", `script: is larger than ${largestScript} bytes, which no cluster takes`, {
      details: { field: "script" },
    });
  }
  if (command?.[0] === undefined || command[0] === "")
    throw invalid("script", "is missing; give a script or a command");
  return commandScript;
}

/** No argument of a program, and no variable, can hold a NUL or more than the kernel takes. */
function checkText(
  { name, args = [], workDirectory, cluster, options = {} }: JobRequest,
  environment: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): void {
  const texts: readonly (readonly [string, string | undefined])[] = [
    ["name", name],
    ["cluster", cluster],
    ["workDirectory", workDirectory],
    ...args.map((arg, at) => [`args[${at}]`, arg] as const),
    ...Object.entries(options).map(([key, value]) => [`options.${key}`, String(value)] as const),
    ...Object.entries(environment).flatMap(([key, value]) => [
      ["environment", key] as const,
      [`environment.${key}`, value] as const,
    ]),
    ...Object.entries(labels).flatMap(([key, value]) => [["labels", key] as const, [`labels.${key}`, value] as const]),
  ];
  for (const [field, text = ""] of texts) {
    if (text.includes("\0")) throw invalid(field.slice(0, 80), "holds a NUL character; remove it");
    if (Buffer.byteLength(text) > longestArgument)
      throw invalid(field.slice(0, 80), `is longer than ${longestArgument} bytes`);
  }
  if (/[\n\r]/.test(name ?? "")) throw invalid("name", "has a line break; remove it");
  if (args.reduce((sum, arg) => sum + Buffer.byteLength(arg) + 1, 0) > mostArguments) {
    throw invalid("args", `are more than ${mostArguments} bytes together; put them into a file`);
  }
  for (const key of Object.keys(environment)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) {
      throw invalid("environment", `${JSON.stringify(key.slice(0, 60))} is no name of a variable`);
    }
  }
}

function invalid(field: string, problem: string): SluiceError {
  return new SluiceError("INPUT_INVALID", `${field}: ${problem}`, { details: { field } });
}
