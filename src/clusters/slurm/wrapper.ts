import { quote, quoteAll } from "../../schema/quote.ts";
import { keepScript } from "./keep-script.ts";
import { keepScriptPlainly } from "./keep-script-plainly.ts";

export interface WrapperOptions {
  /** The job's own folder, as an absolute path. */
  readonly directory: string;
  /** The comment lines at the head of the user's script, which sbatch reads for options; bytes as Latin-1. */
  readonly header: readonly string[];
  /** The words of the user's `#!` line, for folders on file systems that let nothing be executed. */
  readonly interpreter: readonly string[];
  /** Whether `environment` in the folder holds variables for the script. */
  readonly hasEnvironment?: boolean;
  /** Whether output goes to files of the folder; else the job notes where it goes. */
  readonly ownOutput?: boolean;
}

/** Names inside a job's folder. */
export const userScriptName = "user-script";
export const wrapperName = "script";
export const environmentName = "environment";

/**
 * The script that sbatch is given: it carries the user's `#SBATCH` lines, runs the user's script beside it, and leaves a
 * receipt (`exit`, or `exit.TASK` for a task of an array) that says how it ended, for the day that slurmctld has
 * forgotten the job. In all else it behaves as if the user's script itself had been submitted:
 *
 * - stdin, arguments, environment and working folder are the script's own.
 * - A signal that reaches the wrapper alone (`scancel --batch`, `--signal=B:`, and everything under proctrack/cgroup,
 *   which signals the children of slurmstepd only) is handed on. One that reached all processes (proctrack/linuxproc)
 *   must not arrive twice: a sleeping sentinel, started for that, has then died of it too, or is about to (proc(5),
 *   SigPnd and ShdPnd: on a busy host that may take a while).
 * - It ends as the script ended, also of the same signal.
 *
 * The shell hands all of that to perl where there is one (`keep-script.ts`): a process of its own costs a job a millisecond
 * or more, and a shell needs one for nearly everything. Where there is none it is done by the shell (`keep-script-plainly.ts`).
 * Variables that may keep perl from working make it prove that it does.
 *
 * `$0` is the one difference: the script's path in the job's folder, not its copy in slurmd's spool.
 */
export function writeWrapper(options: WrapperOptions): string {
  const { directory, header, interpreter, hasEnvironment = false, ownOutput = false } = options;
  const environment = hasEnvironment ? `set -- sh -c '. "$0/${environmentName}"; exec "$@"' "$_sluice_dir" "$@"\n` : "";
  return String.raw`#!/bin/sh
${header.map((line) => `${line}\n`).join("")}# Made by Sluice: runs ${userScriptName} of this job's folder and leaves a receipt of how it ended.
_sluice_dir=${quote(directory)}
_sluice_script=$_sluice_dir/${userScriptName}
if ! [ -r "$_sluice_script" ]; then
  echo "sluice: $_sluice_script cannot be read on ${"${SLURMD_NODENAME:-this node}"}: the folder must be on a file system that all nodes share" >&2
  exit 127
fi
if [ -x "$_sluice_script" ]; then
  set -- "$_sluice_script" "$@"
else
  set -- ${quoteAll(interpreter)} "$_sluice_script" "$@"
fi
${environment}
if command -v perl >/dev/null && { [ -z "$PERL5OPT$PERL5LIB$PERLIO$LD_LIBRARY_PATH$LD_PRELOAD" ] || perl -e 1 2>/dev/null; }; then
  exec perl -e '${keepScript}' "$_sluice_dir" ${ownOutput ? "own" : "''"} "$@"
fi
${keepScriptPlainly(ownOutput)}`;
}
