import type { Runner } from "../../jobs/runner.ts";
import type { Command } from "../../schema/command.ts";
import { expectSuccess } from "../../slurm/commands/failure.ts";
import { readText } from "./job-folder.ts";

/**
 * In a job's folder: the number up to which attempts to submit the job do not count any more. Whoever was held up before it
 * began, for longer than its lease lasts, would otherwise submit what others take for never sent, and may have cancelled.
 * An attempt leaves its mark first and looks here then; who looks for the job writes here first and looks for marks then: so
 * one of the two sees the other.
 */
export const sealedName = "sealed";

/** Ends attempts up to this number, also where the job has no folder; one that has left its mark goes on. */
export function sealAttempts(directory: string, until: number): Command<void> {
  const script =
    'umask 077; mkdir -p -- "$1" || exit; { read -r old <"$1/$3"; } 2>/dev/null || old=0; ' +
    '[ "$old" -ge "$2" ] 2>/dev/null || { printf "%s\\n" "$2" >"$1/.$3" && mv -f -- "$1/.$3" "$1/$3"; }';
  return {
    argv: ["sh", "-c", script, "sluice-seal", directory, String(until), sealedName],
    parse: (output) => expectSuccess("sh", output),
  };
}

/** Whether an attempt does not count any more. */
export async function isSealed(
  runner: Runner,
  directory: string,
  attempt: number,
  signal: AbortSignal,
): Promise<boolean> {
  const until = Number.parseInt((await readText(runner, `${directory}/${sealedName}`, signal)) ?? "", 10);
  return attempt <= until;
}
