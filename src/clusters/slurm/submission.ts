import { SluiceError } from "../../errors.ts";
import type { SubmitRequest } from "../../jobs/cluster.ts";
import { parseArguments } from "../../slurm/batch/parse-arguments.ts";
import { readScript } from "../../slurm/batch/read-script.ts";
import type { GivenOption } from "../../slurm/batch/read-options.ts";
import { toArguments, writeDirectives } from "../../slurm/batch/write-script.ts";
import { readBatchRequest } from "../batch-request.ts";
import { writeEnvironment } from "./environment-file.ts";
import type { JobNote } from "./job-folder.ts";
import { writeWrapper } from "./wrapper.ts";

/** What a submission consists of, before anything is written or run. */
export interface Submission {
  readonly note: JobNote;
  /** The wrapper's bytes. */
  readonly wrapper: Uint8Array;
  /** The script's own variables, where it has any. */
  readonly environment?: string;
  /** sbatch's options. */
  readonly options: readonly string[];
}

/** Options that would send the job elsewhere, or keep it from being one. */
const refused: Readonly<Record<string, string>> = {
  "test-only": "submits nothing; ask for a test instead",
  clusters: "would send the job to another cluster; name that one to Sluice instead",
  "cluster-constraint": "would send the job to another cluster; name that one to Sluice instead",
};

/** `environment` is what sbatch finds in its own. Throws `SCRIPT_INVALID`, `INPUT_INVALID`. */
export function planSubmission(
  request: SubmitRequest,
  directory: string,
  environment: Readonly<Record<string, string | undefined>>,
): Submission {
  if (directory.includes("\\")) {
    // sbatch(1): a backslash in a path of --output takes the meaning from every pattern in it.
    throw new SluiceError("INPUT_INVALID", `the folder "${directory}" has a backslash in its path; choose another`);
  }
  const { header, interpreter, options, array } = readBatchRequest(request, environment);
  for (const [name, why] of Object.entries(refused)) {
    if (options.has(name))
      throw new SluiceError("INPUT_INVALID", `--${name} ${why}`, { details: { field: `--${name}` } });
  }
  const tasks = array?.indices;
  const ownOutput = !options.has("output") && !options.has("error");
  const folder = directory.replaceAll("%", "%%");
  const suffix = tasks === undefined ? "" : ".%a";
  const own = request.environment ?? {};
  const hasEnvironment = Object.keys(own).length > 0;
  return {
    note: { ownOutput, ...(tasks !== undefined && { tasks }) },
    // Latin-1 holds any byte of the user's comments.
    wrapper: Buffer.from(
      writeWrapper({
        directory: latin1(directory),
        header: options.has("wait") ? headerWithoutWait(request, header) : header,
        interpreter,
        hasEnvironment,
        ownOutput,
      }),
      "latin1",
    ),
    ...(hasEnvironment && { environment: writeEnvironment(own) }),
    options: [
      ...(options.has("job-name") ? [] : [`--job-name=${request.name}`]),
      ...(ownOutput ? [`--output=${folder}/stdout${suffix}`, `--error=${folder}/stderr${suffix}`] : []),
      ...(options.has("wait") ? optionsWithoutWait(request.options) : request.options),
    ],
  };
}

/*
 * With `--wait` sbatch would come back only at the job's end, and Sluice itself waits for that. It may be written in many
 * ways (`-HW`, `--wai`, among others on a line), so where it is, all options are written anew.
 */

function headerWithoutWait({ script }: SubmitRequest, header: readonly string[]): readonly string[] {
  const { components } = readScript(Buffer.from(script).toString("utf8"));
  const directives = writeDirectives(components.map(withoutWait));
  // What is no #SBATCH line, such as #PBS, sbatch reads after all that are.
  const rest = header.filter((line) => !/^#(?:SBATCH|SLURM)/.test(line));
  return [...latin1(directives).trimEnd().split("\n"), ...rest];
}

function optionsWithoutWait(argv: readonly string[]): readonly string[] {
  const [first, ...others] = parseArguments(argv).components.map((options) => toArguments(withoutWait(options)));
  return [...(first ?? []), ...others.flatMap((words) => [":", ...words])];
}

function withoutWait<T extends GivenOption>(options: readonly T[]): readonly T[] {
  return options.filter(({ option }) => option.name !== "wait");
}

/** The UTF-8 bytes of a text as Latin-1 characters, so that they come out the same when those are written. */
function latin1(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
