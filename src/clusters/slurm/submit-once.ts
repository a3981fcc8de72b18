import { SluiceError } from "../../errors.ts";
import type { Command, CommandOutput } from "../../schema/command.ts";
import type { SubmittedBatch } from "../../slurm/commands/sbatch.ts";

/**
 * Marks in a job's folder that a submission of it was begun, and holds the path of the lock that lasts as long as that does;
 * `find` takes it away once nothing can come of it any more.
 */
export const attemptName = "attempt";

/** One job of those that are submitted together. */
export interface OnceRequest {
  /** The job's own folder. */
  readonly directory: string;
  readonly workDirectory: string;
  /** As `sbatch` made it. */
  readonly batch: Command<SubmittedBatch>;
}

/** What became of one of them. */
export type OnceAnswer = { readonly nativeId: string } | { readonly error: unknown };

/**
 * Runs sbatch at most once for each job's folder, on the host where the folders are, whoever asks and however often:
 *
 * - A lock (flock(2), which ends with the last process that holds it) says that a submission is under way, though whoever
 *   began it may have died: sbatch goes on without Sluice, and must not be taken for one that never was. It is gone from
 *   the folder of locks when all jobs have been seen to.
 * - Whoever finds `id` has the answer of an earlier submission.
 * - `attempt` is made exclusively. One that is there already is of a submission of which nothing is known yet: a look at
 *   the queue must come first. So a request that was held up on its way, and arrives after a later one, does nothing.
 *
 * On a file system without locks the marker alone serves. The arguments are the boundary, the lock's path, and of each job
 * how many words it has, its folder, the folder to start in, and sbatch's command line. Of each, in order, is printed what
 * sbatch said on stderr and on stdout, and its exit code, with the boundary after each.
 */
const script = String.raw`boundary=$1 lock=$2
shift 2
newline='
'
answer() {
  if [ -s "$dir/.said" ]; then cat "$dir/.said"; fi
  printf '%s\n%s%s\n%s%s\n' "$boundary" "$2" "$boundary" "$1" "$boundary"
}
refuse() { answer 75 "sluice: $1"; }
once() {
  dir=$1 work=$2
  shift 2
  if [ -s "$dir/id" ]; then read -r id <"$dir/id"; answer 0 "$id"; return; fi
  set -C
  { printf '%s\n' "$lock" >"$dir/attempt"; } 2>/dev/null || { set +C; refuse begun; return; }
  set +C
  cd -- "$work" 2>/dev/null || { rm -f "$dir/attempt"; refuse directory; return; }
  out=$("$@" 2>"$dir/.said")
  status=$?
  id=${"${out##*$newline}"}
  id=${"${id%%;*}"}
  case $id in
    '' | *[!0-9]*) ;;
    *) printf '%s\n' "$id" >"$dir/id" ;;
  esac
  answer "$status" "$out"
}
exec 9>"$lock" || exit 74
flock -n 9 2>/dev/null
while [ $# -gt 0 ]; do
  count=$1 at=1 words=
  shift
  while [ "$at" -le "$count" ]; do
    words="$words \"\${$at}\""
    at=$((at + 1))
  done
  eval "once $words"
  shift "$count"
done
rm -f "$lock"
`;

/** Submits jobs one after another in one process. Each answer is for itself; throws only where none can be read. */
export function submitOnce(
  { boundary, lock }: { readonly boundary: string; readonly lock: string },
  requests: readonly OnceRequest[],
): Command<readonly OnceAnswer[]> {
  const jobs = requests.flatMap(({ directory, workDirectory, batch }) => [
    String(batch.argv.length + 2),
    directory,
    workDirectory,
    ...batch.argv,
  ]);
  const env = requests[0]?.batch.env;
  return {
    argv: ["sh", "-c", script, "sluice-submit", boundary, lock, ...jobs],
    ...(env !== undefined && { env }),
    parse(output) {
      const parts = output.stdout.split(`${boundary}\n`);
      return requests.map((request, at) => {
        const [stderr, stdout, code] = parts.slice(at * 3, at * 3 + 3);
        // It was cut short before this one had its turn, or its answer.
        if (code === undefined || parts.length <= at * 3 + 3) return { error: unanswered(request, output) };
        try {
          return {
            nativeId: readAnswer(request, { stderr: stderr ?? "", stdout: stdout ?? "", exitCode: Number(code) }),
          };
        } catch (error) {
          return { error };
        }
      });
    },
  };
}

function readAnswer({ directory, workDirectory, batch }: OnceRequest, output: CommandOutput): string {
  const refusal = output.exitCode === 75 ? /^sluice: (\w+)$/.exec(output.stdout)?.[1] : undefined;
  if (refusal === "begun") throw underWay(directory);
  if (refusal === "directory") {
    throw new SluiceError(
      "SUBMIT_REJECTED",
      `the folder "${workDirectory}" to start in cannot be entered on the cluster`,
      { details: { field: "workDirectory", path: workDirectory } },
    );
  }
  return batch.parse(output).nativeId;
}

function unanswered({ directory }: OnceRequest, { stderr, exitCode }: CommandOutput): SluiceError {
  return new SluiceError(
    "CLUSTER_UNREACHABLE",
    `the submission of the job in ${directory} was cut short with exit code ${exitCode}: ${stderr.trim()}`,
    { details: { directory } },
  );
}

/** The error for a job of which an earlier submission may still bring something about. */
export function underWay(directory: string): SluiceError {
  return new SluiceError(
    "CLUSTER_UNREACHABLE",
    `an earlier submission of the job in ${directory} is still under way, so it cannot be said yet whether it was taken`,
    { details: { directory } },
  );
}

/** Whether the submission that has this lock is over: nobody holds it. So many seconds are waited after that. */
export function isSettled(lock: string, settleSeconds: number): Command<boolean> {
  return {
    argv: [
      "sh",
      "-c",
      'if (exec 9<"$1" || exit 1; flock -n 9; [ $? -eq 1 ]) 2>/dev/null; then echo held; else sleep "$2"; echo free; fi',
      "sluice-look",
      lock,
      String(settleSeconds),
    ],
    parse({ stdout }) {
      return stdout.trim() !== "held";
    },
  };
}
