import type { ClusterRecord } from "../schema/cluster-record.ts";
import type { Command } from "../schema/command.ts";
import { destroyCluster } from "./destroy.ts";
import { SluiceError } from "../errors.ts";
import type { LauncherDeps, Progress } from "./clusters.ts";

/**
 * The watch over an ephemeral cluster: a shell that costs next to nothing, looks every half second whether the owner still
 * runs, and has the cluster destroyed when it does not, again and again while another command is at work on it. It ends when
 * there is no such cluster any more.
 *
 * `sluice` is the argv that runs Sluice. All values are arguments of the script, so none of them is shell text.
 */
export function ownerWatch(record: ClusterRecord, recordFile: string, sluice: readonly string[]): Command<void> {
  const { owner } = record;
  if (owner === undefined) throw new SluiceError("INPUT_INVALID", `cluster "${record.name}" has no owner to watch`);
  return {
    argv: [
      "/bin/sh",
      "-c",
      watchScript,
      "sluice-owner-watch",
      String(owner.pid),
      String(owner.startTime),
      recordFile,
      record.created,
      ...sluice,
      "cluster",
      "destroy",
      "--quiet",
      "--name",
      record.name,
    ],
    parse: () => {},
  };
}

/**
 * A function of sh: whether the process of pid $1 that began at $2 runs. Field 22 of /proc/PID/stat is the 20th after the
 * parenthesis that ends the program's name (proc(5)).
 */
const processRuns = `
set_start() { shift 19; now=$1; }
process_runs() {
  stat=$(cat "/proc/$1/stat" 2>/dev/null)
  now=
  rest=\${stat##*)}
  case $rest in
    '' | ' Z '*) ;;
    *) set_start $rest ;;
  esac
  [ "$now" = "$2" ]
}
`;

/** $1 pid and $2 start time of the owner, $3 the cluster's record and $4 its time of creation, then what to run. */
const watchScript = `
${processRuns}
pid=$1 start=$2 record=$3 created=$4
shift 4
while grep -qF "$created" "$record" 2>/dev/null; do
  process_runs "$pid" "$start" || "$@"
  sleep 0.5
done
`;

/**
 * The holder of a cluster that is shared (`shared.ts`): a shell that looks every half second who of the users named in the
 * folder still runs, and ends when nobody does, or when the folder has gone. The cluster's watch sees that it has.
 */
export function userHolder(folder: string): Command<void> {
  return { argv: ["/bin/sh", "-c", holderScript, "sluice-user-holder", folder], parse: () => {} };
}

/** $1 the folder; its files are called PID.START.WORD. To remove the folder fails where somebody has come in just now. */
const holderScript = `
${processRuns}
users=$1
while [ -d "$users" ]; do
  for file in "$users"/*; do
    name=\${file##*/}
    after=\${name#*.}
    process_runs "\${name%%.*}" "\${after%%.*}" || rm -f "$file"
  done
  rmdir "$users" 2>/dev/null && { rmdir "\${users%/*}" "\${users%/*/*}" 2>/dev/null; exit 0; }
  sleep 0.5
done
`;

/** Destroys every cluster whose owner is gone: for those whose watch was killed too. */
export async function reapOrphans(deps: LauncherDeps, how: Progress): Promise<void> {
  for (const { name, owner } of deps.records.list()) {
    if (owner === undefined || deps.processes.isRunning(owner)) continue;
    how.progress(`destroying "${name}", whose owner (process ${owner.pid}) has ended`);
    await destroyCluster(deps, { ...how, name }).catch((error: unknown) => {
      // Its own watch may be at it just now.
      if (!(error instanceof SluiceError && error.code === "CLUSTER_BUSY")) throw error;
    });
  }
}
