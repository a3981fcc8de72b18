import { SluiceError } from "../../errors.ts";
import type { SubmitRequest } from "../../jobs/cluster.ts";
import { readBatchRequest } from "../batch-request.ts";
import type { JobNote } from "./job-folder.ts";
import { writeWrapper } from "./wrapper.ts";

/** What a submission consists of, before anything is written or run. */
export interface Submission {
  readonly note: JobNote;
  /** The wrapper's bytes. */
  readonly wrapper: Uint8Array;
  /** sbatch's options. */
  readonly options: readonly string[];
}

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
  const tasks = array?.indices;
  const ownOutput = !options.has("output") && !options.has("error");
  const folder = directory.replaceAll("%", "%%");
  const suffix = tasks === undefined ? "" : ".%a";
  return {
    note: { ownOutput, ...(tasks !== undefined && { tasks }) },
    // Latin-1 holds any byte of the user's comments.
    wrapper: Buffer.from(
      writeWrapper({
        directory: latin1(directory),
        header: options.has("wait") ? header.map(withoutWait) : header,
        interpreter,
      }),
      "latin1",
    ),
    options: [
      ...(options.has("job-name") ? [] : [`--job-name=${request.name}`]),
      ...(ownOutput ? [`--output=${folder}/stdout${suffix}`, `--error=${folder}/stderr${suffix}`] : []),
      ...request.options.filter((option) => option !== "--wait"),
    ],
  };
}

/** With `--wait` sbatch would come back only at the job's end, and Sluice itself waits for that. */
function withoutWait(line: string): string {
  return line.startsWith("#SBATCH") ? line.replace(/([ \t])(?:--wait|-W)(?=[ \t]|$)/g, "$1") : line;
}

/** The UTF-8 bytes of a text as Latin-1 characters, so that they come out the same when those are written. */
function latin1(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
