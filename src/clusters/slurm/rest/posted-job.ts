import { posix } from "node:path";
import type { SubmitRequest } from "../../../jobs/cluster.ts";
import { quote, quoteAll } from "../../../schema/quote.ts";
import { findOption } from "../../../slurm/batch/option-table.ts";
import { writeRestSubmission } from "../../../slurm/rest/rest-submission.ts";
import type { RestVersion } from "../../../slurm/rest/rest-version.ts";
import { readBatchRequest, type BatchRequest } from "../../batch-request.ts";
import { submitterEnvironment } from "../../caller-environment.ts";
import { taskFile, type JobNote } from "../job-folder.ts";
import { planSubmission } from "../submission.ts";
import { wrapperName, writeWrapper } from "../wrapper.ts";
import { isOvertaken, postedName } from "./posted-mark.ts";
import type { SubmitHost } from "./submit-host.ts";

export interface PostedJobContext {
  readonly version: RestVersion;
  readonly host: SubmitHost;
  /** The job's own folder. */
  readonly directory: string;
  /** Names the request among all for the same job. */
  readonly requestId: string;
  /** What sbatch would find in its environment on that host. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A job that slurmrestd can be given, and the files of its folder that must be there before. */
export interface PostedJob {
  readonly body: string;
  readonly note: JobNote;
  readonly environment?: string;
  readonly workDirectory: string;
}

/** Throws as `planSubmission`. Answers `unsaid` for a job that only sbatch can be told of, with what it is about that. */
export function writePostedJob(
  request: SubmitRequest,
  context: PostedJobContext,
): PostedJob | { readonly unsaid: readonly string[] } {
  const { version, host, directory } = context;
  const environment = submitterEnvironment(request, context.environment);
  const plan = planSubmission(request, directory, environment);
  const batch = readBatchRequest(request, environment);
  const beyond = whyOnlySbatch(batch);
  if (beyond.length > 0) return { unsaid: beyond };

  const start = request.workDirectory ?? directory;
  const workDirectory = posix.resolve(start, batch.options.get("chdir") ?? "");
  const options = optionsOf(request, batch, plan.note, directory);
  const inFolder = version.mark === "folder";
  if (inFolder && !resolveFiles(options, workDirectory, plan.note)) return { unsaid: ["output"] };
  const written = writeRestSubmission(version, {
    script: postedScript(request, context, batch, workDirectory),
    argv: [`${directory}/${wrapperName}`, ...request.args],
    workDirectory: inFolder ? `${directory}/${postedName}` : workDirectory,
    environment: {
      ...definedOf(environment),
      SLURM_SUBMIT_DIR: start,
      SLURM_SUBMIT_HOST: host.name,
      SLURM_PRIO_PROCESS: "0",
      SLURM_UMASK: host.umask,
    },
    options: [...options].flatMap(([name, value]) => {
      const option = findOption(name);
      return option === undefined ? [] : [{ option, value }];
    }),
  });
  if ("unsaid" in written) return written;
  const { note, environment: own } = plan;
  return { body: written.body, note, workDirectory, ...(own !== undefined && { environment: own }) };
}

/** What of a script or a command line is read by sbatch alone. */
function whyOnlySbatch({ components, header, interpreter }: BatchRequest): readonly string[] {
  const ascii = (text: string): boolean => /^[\x20-\x7e\t]*$/.test(text);
  return [
    ...(components > 1 ? ["a heterogeneous job"] : []),
    ...(header.some((line) => /^#(?:PBS|BSUB)/.test(line)) ? ["#PBS lines"] : []),
    ...(interpreter.every(ascii) ? [] : ["the name of the interpreter"]),
  ];
}

/** The options that count, with those that Sluice adds where the user has none. */
function optionsOf(
  request: SubmitRequest,
  { options }: BatchRequest,
  { ownOutput, tasks }: JobNote,
  directory: string,
): Map<string, string> {
  const own = (stream: "stdout" | "stderr"): string =>
    `${directory.replaceAll("%", "%%")}/${taskFile(stream, undefined)}${tasks === undefined ? "" : ".%a"}`;
  const given = [...options].map(([name, value]): [string, string] =>
    // sbatch(1): this word stands for no file at all.
    fileOptions.includes(name) && /^none$/i.test(value) ? [name, "/dev/null"] : [name, value],
  );
  return new Map([
    ["job-name", request.name],
    ...(ownOutput
      ? ([
          ["output", own("stdout")],
          ["error", own("stderr")],
        ] as const)
      : []),
    ...given,
  ]);
}

const fileOptions: readonly string[] = ["output", "error", "input"];

/**
 * Makes the names of files absolute, for a job that slurmctld takes for one of another folder. Says whether that could be
 * done: in a path with a backslash no pattern means anything (sbatch(1)).
 */
function resolveFiles(options: Map<string, string>, workDirectory: string, { tasks }: JobNote): boolean {
  if (!options.has("output")) options.set("output", tasks === undefined ? "slurm-%j.out" : "slurm-%A_%a.out");
  for (const name of fileOptions) {
    const file = options.get(name);
    if (file === undefined || file.startsWith("/")) continue;
    if (workDirectory.includes("\\") || file === "") return false;
    options.set(name, `${workDirectory.replaceAll("%", "%%")}/${file}`);
  }
  return true;
}

/**
 * The text that the nodes run: sluice's wrapper, before which the job makes sure that it is the one that counts. A request
 * that was held up on its way, so long that another took its place, may still become a job; its script is then not run
 * a second time.
 */
function postedScript(
  request: SubmitRequest,
  { version, directory, requestId }: PostedJobContext,
  { interpreter }: BatchRequest,
  workDirectory: string,
): string {
  const wrapper = writeWrapper({
    directory,
    header: [],
    interpreter,
    hasEnvironment: Object.keys(request.environment ?? {}).length > 0,
  });
  const toFolder = `cd -- ${quote(workDirectory)} || {
  echo "sluice: going to /tmp instead" >&2
  cd /tmp
}
`;
  return `#!/bin/sh
# Made by Sluice, submitted by slurmrestd.
if ${isOvertaken(directory, requestId)}; then
  echo "sluice: another submission of this job has taken its place; nothing was run" >&2
  exit 1
fi
${version.mark === "folder" ? `${toFolder}set -- ${quoteAll(request.args)}\n` : ""}${wrapper}`;
}

function definedOf(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const defined: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) if (value !== undefined) defined[name] = value;
  return defined;
}
