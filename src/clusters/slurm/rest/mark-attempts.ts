import { SluiceError } from "../../../errors.ts";
import type { Command } from "../../../schema/command.ts";
import { slurmFailure } from "../../../slurm/commands/failure.ts";
import { attemptName, underWay } from "../submit-once.ts";
import { postedName } from "./posted-mark.ts";

/** One job whose folder is ready. */
export interface MarkedJob {
  readonly directory: string;
  /** Where it is to start. */
  readonly workDirectory: string;
}

/** What stands in the way of a submission, or who was faster. */
export type MarkAnswer = "marked" | { readonly nativeId: string } | { readonly error: SluiceError };

/** As `submitOnce` does: the mark is made exclusively, and only where no earlier submission has an answer. */
const markScript = String.raw`attempt=$1
shift
while [ $# -gt 0 ]; do
  dir=$1 work=$2
  shift 2
  if [ -s "$dir/id" ]; then read -r id <"$dir/id"; echo "id $id"; continue; fi
  set -C
  { printf '%s\n' "$attempt" >"$dir/${attemptName}"; } 2>/dev/null || { set +C; echo begun; continue; }
  set +C
  if [ -d "$work" ] && [ -x "$work" ]; then
    mkdir -p -m 700 "$dir/${postedName}" && echo marked || { rm -f "$dir/${attemptName}"; echo unwritable; }
  else
    rm -f "$dir/${attemptName}"
    echo directory
  fi
done
`;

/** Marks in each folder that a submission of the job begins. */
export function markAttempts(attempt: string, jobs: readonly MarkedJob[]): Command<readonly MarkAnswer[]> {
  const words = jobs.flatMap(({ directory, workDirectory }) => [directory, workDirectory]);
  return {
    argv: ["sh", "-c", markScript, "sluice-mark", attempt, ...words],
    parse(output) {
      const lines = output.stdout.split("\n");
      return jobs.map((job, at) => readMark(job, lines[at], () => slurmFailure("sh", output, "CLUSTER_UNREACHABLE")));
    },
  };
}

function readMark({ directory, workDirectory }: MarkedJob, line = "", failure: () => SluiceError): MarkAnswer {
  const nativeId = /^id (\d+)$/.exec(line)?.[1];
  if (nativeId !== undefined) return { nativeId };
  if (line === "marked") return "marked";
  if (line === "begun") return { error: underWay(directory) };
  if (line === "unwritable") {
    return {
      error: new SluiceError("FILE_UNWRITABLE", `no folder can be made in "${directory}" on the cluster's host`),
    };
  }
  if (line !== "directory") return { error: failure() };
  const message = `the folder "${workDirectory}" to start in cannot be entered on the cluster`;
  return {
    error: new SluiceError("SUBMIT_REJECTED", message, { details: { field: "workDirectory", path: workDirectory } }),
  };
}

/** What became of a submission: the job's id, or nothing for certain, so that its mark goes. */
export interface ClosedAttempt {
  readonly directory: string;
  readonly nativeId?: string;
}

/** Writes down the answers of slurmrestd, for whoever looks for the jobs; of another's mark nothing is done. */
const closeScript = String.raw`attempt=$1
shift
while [ $# -gt 0 ]; do
  if [ -n "$2" ]; then
    printf '%s\n' "$2" >"$1/id"
  elif read -r made <"$1/${attemptName}" && [ "$made" = "$attempt" ]; then
    rm -f "$1/${attemptName}"
  fi
  shift 2
done
`;

/** Ends what `markAttempts` began. */
export function closeAttempts(attempt: string, jobs: readonly ClosedAttempt[]): Command<void> {
  const words = jobs.flatMap(({ directory, nativeId = "" }) => [directory, nativeId]);
  return { argv: ["sh", "-c", closeScript, "sluice-close", attempt, ...words], parse() {} };
}

/** Seconds since a job's mark was made, by the clock of the file system that both are on; `undefined` where there is none. */
export function ageOfAttempt(directory: string): Command<number | undefined> {
  const script = `: >"$1/.now" && stat -c %Y "$1/.now" "$1/${attemptName}"; rm -f "$1/.now"`;
  return {
    argv: ["sh", "-c", script, "sluice-age", directory],
    parse({ stdout }) {
      const [now, made] = stdout.trim().split("\n").map(Number);
      return now === undefined || made === undefined ? undefined : now - made;
    },
  };
}
