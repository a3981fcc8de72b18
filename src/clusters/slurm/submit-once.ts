import { SluiceError } from "../../errors.ts";
import type { Command } from "../../schema/command.ts";
import type { SubmittedBatch } from "../../slurm/commands/sbatch.ts";

/** Marks in a job's folder that a submission of it was begun; `find` takes it away once nothing can come of that any more. */
export const attemptName = "attempt";

/**
 * Runs sbatch at most once for a job's folder, on the host where the folder is, whoever asks and however often:
 *
 * - A lock (flock(2), which ends with the last process that holds it) says that a submission is under way, though whoever
 *   began it may have died: sbatch goes on without Sluice, and must not be taken for one that never was.
 * - Whoever finds `id` has the answer of an earlier submission.
 * - `attempt` is made exclusively. One that is there already is of a submission of which nothing is known yet: a look at
 *   the queue must come first. So a request that was held up on its way, and arrives after a later one, does nothing.
 *
 * On a file system without locks the marker alone serves.
 */
const script = String.raw`dir=$1 work=$2
shift 2
refuse() { echo "sluice-submit: $1: $2" >&2; exit 75; }
exec 9>>"$dir/lock" || refuse gone "$dir"
flock -n 9 2>/dev/null
[ $? -ne 1 ] || refuse busy "$dir"
if [ -s "$dir/id" ]; then cat "$dir/id"; exit; fi
set -C
{ : >"$dir/attempt"; } 2>/dev/null || refuse begun "$dir"
set +C
cd -- "$work" 2>/dev/null || { rm -f "$dir/attempt"; refuse directory "$work"; }
out=$("$@")
status=$?
newline='
'
id=${"${out##*$newline}"}
id=${"${id%%;*}"}
case $id in
  '' | *[!0-9]*) ;;
  *) printf '%s\n' "$id" >"$dir/id" ;;
esac
printf '%s\n' "$out"
exit "$status"
`;

/** `batch` as `sbatch` made it. Throws as that does, and `CLUSTER_UNREACHABLE` where only a look at the queue can tell. */
export function submitOnce(
  { directory, workDirectory }: { readonly directory: string; readonly workDirectory: string },
  batch: Command<SubmittedBatch>,
): Command<SubmittedBatch> {
  return {
    argv: ["sh", "-c", script, "sluice-submit", directory, workDirectory, ...batch.argv],
    ...(batch.env !== undefined && { env: batch.env }),
    parse(output) {
      const refusal = /^sluice-submit: (\w+): (.*)$/m.exec(output.stderr);
      if (output.exitCode !== 75 || refusal === null) return batch.parse(output);
      const [, why = "", path = ""] = refusal;
      if (why === "directory") {
        throw new SluiceError("SUBMIT_REJECTED", `the folder "${path}" to start in cannot be entered on the cluster`, {
          details: { field: "workDirectory", path },
        });
      }
      throw underWay(directory);
    },
  };
}

/** The error for a job of which an earlier submission may still bring something about. */
export function underWay(directory: string): SluiceError {
  return new SluiceError(
    "CLUSTER_UNREACHABLE",
    `an earlier submission of the job in ${directory} is still under way, so it cannot be said yet whether it was taken`,
    { details: { directory } },
  );
}

/** Whether no submission of the job is under way: nobody holds the lock. `settleSeconds` are waited with it held. */
export function isSettled(directory: string, settleSeconds: number): Command<boolean> {
  return {
    argv: [
      "sh",
      "-c",
      'exec 9>>"$1/lock" || exit 1; flock -n 9 2>/dev/null; if [ $? -eq 1 ]; then echo held; else sleep "$2"; echo free; fi',
      "sluice-look",
      directory,
      String(settleSeconds),
    ],
    parse(output) {
      if (output.exitCode !== 0) {
        throw new SluiceError("FILE_UNREADABLE", `"${directory}/lock" cannot be opened: ${output.stderr.trim()}`, {
          details: { path: `${directory}/lock` },
        });
      }
      return output.stdout.trim() === "free";
    },
  };
}
