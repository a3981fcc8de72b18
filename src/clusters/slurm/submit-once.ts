import { basename, dirname } from "node:path/posix";
import { SluiceError } from "../../errors.ts";
import type { Command, CommandOutput } from "../../schema/command.ts";
import type { SubmittedBatch } from "../../slurm/commands/sbatch.ts";
import { overtaken } from "../overtaken.ts";
import { sealedName } from "./sealed.ts";
import { writeTar, type TarEntry } from "./tar.ts";

/**
 * Marks in a job's folder that a submission of it was begun, and holds the path of the lock that lasts as long as that does;
 * `find` takes it away once nothing can come of it any more.
 */
export const attemptName = "attempt";

/** One job of those that are submitted together. */
export interface OnceRequest {
  /** The job's own folder, in the folder `jobs`; its name is ASCII. */
  readonly directory: string;
  readonly workDirectory: string;
  /** See `sealed.ts`. */
  readonly attempt: number;
  /** As `sbatch` made it. */
  readonly batch: Command<SubmittedBatch>;
  /** What the folder holds, where the submission is to make it. */
  readonly files?: readonly FolderFile[];
}

export interface FolderFile {
  readonly name: string;
  readonly mode: number;
  readonly content: string | Uint8Array;
}

/** What became of one of them; `unplaced` where its folder was there before, or could not be made, and nothing was done. */
export type OnceAnswer = { readonly nativeId: string } | { readonly error: unknown } | { readonly unplaced: true };

/**
 * Runs sbatch at most once for each job's folder, on the host where the folders are, whoever asks and however often:
 *
 * - New folders come in one archive. They are unpacked beside the lock and moved into their place, so that a folder is there
 *   with all that belongs in it or not at all, and one that is there is never written to.
 * - A lock (flock(2), which ends with the last process that holds it) says that a submission is under way, though whoever
 *   began it may have died: sbatch goes on without Sluice, and must not be taken for one that never was. It is gone from
 *   the folder of locks when all jobs have been seen to.
 * - Whoever finds `id` has the answer of an earlier submission.
 * - `attempt` is made exclusively. One that is there already is of a submission of which nothing is known yet: a look at
 *   the queue must come first. So a request that was held up on its way, and arrives after a later one, does nothing.
 *
 * - An attempt that others have ended (`sealed.ts`) does nothing either.
 *
 * On a file system without locks the marker alone serves. Many jobs share one process, and what a job costs beside sbatch is
 * a few calls of the kernel. The arguments are the boundary, the lock's path, the folder of the jobs' folders where some are
 * new, and of each job how many words it has, its folder, the folder to start in, the attempt's number, and sbatch's command line. Of each, in
 * order, is printed what sbatch said on stderr and on stdout, and its exit code, with the boundary after each.
 */
const script = String.raw`boundary=$1 lock=$2 jobs=$3
shift 3
newline='
'
answer() { printf '%s%s\n%s%s\n%s%s\n' "$3" "$boundary" "$2" "$boundary" "$1" "$boundary"; }
refuse() { answer 75 "sluice: $1$newline"; }
once() {
  dir=$1 work=$2 number=$3
  shift 3
  if [ -d "$lock.new/${"${dir##*/}"}" ] || ! [ -d "$dir" ]; then refuse unplaced; return; fi
  if [ -s "$dir/id" ]; then read -r id <"$dir/id"; answer 0 "$id$newline"; return; fi
  set -C
  { printf '%s\n' "$lock" >"$dir/attempt"; } 2>/dev/null || { set +C; refuse begun; return; }
  set +C
  if { read -r sealed <"$dir/${sealedName}"; } 2>/dev/null && [ "$sealed" -ge "$number" ]; then
    rm -f "$dir/attempt"
    refuse sealed
    return
  fi
  cd -- "$work" 2>/dev/null || { rm -f "$dir/attempt"; refuse directory; return; }
  # Through files that stay open, and not into a variable: for that the shell would copy itself.
  "$@" >&4 2>&6
  status=$? out= err= last=
  while IFS= read -r line <&5 || [ -n "$line" ]; do out=$out$line$newline last=$line; done
  while IFS= read -r line <&7 || [ -n "$line" ]; do err=$err$line$newline; done
  id=${"${last%%;*}"}
  case $id in
    '' | *[!0-9]*) ;;
    *) printf '%s\n' "$id" >"$dir/id" ;;
  esac
  answer "$status" "$out" "$err"
}
exec 9>"$lock" && exec 4>>"$lock.out" 5<"$lock.out" 6>>"$lock.err" 7<"$lock.err" || exit 74
flock -n 9 2>/dev/null
if [ -n "$jobs" ]; then
  { tar -x -o -m -f - -C "${"${lock%/*}"}" && mv -- "$lock.new"/* "$jobs"; } >/dev/null 2>&1
fi
exec </dev/null
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
rm -rf -- "$lock.new" "$lock.out" "$lock.err" "$lock"
`;

/** Submits jobs one after another in one process. Each answer is for itself; throws only where none can be read. */
export function submitOnce(
  { boundary, lock }: { readonly boundary: string; readonly lock: string },
  requests: readonly OnceRequest[],
): Command<readonly OnceAnswer[]> {
  const words = requests.flatMap(({ directory, workDirectory, attempt, batch }) => [
    String(batch.argv.length + 3),
    directory,
    workDirectory,
    String(attempt),
    ...batch.argv,
  ]);
  const placed = requests.filter(({ files }) => files !== undefined);
  const [first] = placed;
  const env = requests[0]?.batch.env;
  return {
    argv: [
      "sh",
      "-c",
      script,
      "sluice-submit",
      boundary,
      lock,
      first === undefined ? "" : dirname(first.directory),
      ...words,
    ],
    ...(env !== undefined && { env }),
    ...(first !== undefined && { stdin: writeTar(archive(`${basename(lock)}.new`, placed)) }),
    parse(output) {
      const parts = output.stdout.split(`${boundary}\n`);
      return requests.map((request, at) => {
        const [stderr, stdout, code] = parts.slice(at * 3, at * 3 + 3);
        // It was cut short before this one had its turn, or its answer.
        if (code === undefined || parts.length <= at * 3 + 3) return { error: unanswered(request, output) };
        try {
          return readAnswer(request, { stderr: stderr ?? "", stdout: stdout ?? "", exitCode: Number(code) });
        } catch (error) {
          return { error };
        }
      });
    },
  };
}

function archive(folder: string, requests: readonly OnceRequest[]): readonly TarEntry[] {
  const entries = requests.flatMap(({ directory, files = [] }): TarEntry[] => {
    const path = `${folder}/${basename(directory)}`;
    const inside = files.map(({ name, mode, content }): TarEntry => ({
      path: `${path}/${name}`,
      mode,
      content: typeof content === "string" ? Buffer.from(content, "utf8") : content,
    }));
    return [{ path: `${path}/`, mode: 0o700 }, ...inside];
  });
  return [{ path: `${folder}/`, mode: 0o700 }, ...entries];
}

function readAnswer({ directory, workDirectory, batch }: OnceRequest, output: CommandOutput): OnceAnswer {
  const refusal = output.exitCode === 75 ? /^sluice: (\w+)\n$/.exec(output.stdout)?.[1] : undefined;
  if (refusal === "unplaced") return { unplaced: true };
  if (refusal === "begun") throw underWay(directory);
  if (refusal === "sealed") throw overtaken(basename(directory));
  if (refusal === "directory") {
    throw new SluiceError(
      "SUBMIT_REJECTED",
      `the folder "${workDirectory}" to start in cannot be entered on the cluster`,
      { details: { field: "workDirectory", path: workDirectory } },
    );
  }
  return { nativeId: batch.parse(output).nativeId };
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
