import type { Runner } from "../../../jobs/runner.ts";
import type { Command } from "../../../schema/command.ts";
import { quote } from "../../../schema/quote.ts";

/**
 * Marks in a job's folder that slurmrestd is, or was, to be asked for the job; it is made exclusively, by mkdir(2). In it stands
 * a folder named for the request that counts. Jobs whose script has no path in the queue are submitted from it, since its
 * path comes back there, and nothing else is ever run from it.
 */
export const postedName = "posted";

/** Makes the mark for one request; `false` where there is one already, of a request of which nothing is known yet. */
export async function markPosted(
  runner: Runner,
  directory: string,
  requestId: string,
  signal: AbortSignal,
): Promise<boolean> {
  const isOurs = await runner.makeDirectory(`${directory}/${postedName}`, { mode: 0o700 }, signal);
  if (isOurs) await runner.makeDirectory(`${directory}/${postedName}/${requestId}`, { mode: 0o700 }, signal);
  return isOurs;
}

/** Takes the mark away: nothing came of the request, and nothing can come of it any more. */
export function unmarkPosted(runner: Runner, directory: string, signal: AbortSignal): Promise<void> {
  return runner.removeDirectory(`${directory}/${postedName}`, signal);
}

/** Shell text, true in a job of which the request does not count any more: another has taken its place. */
export function isOvertaken(directory: string, requestId: string): string {
  return `[ -d ${quote(directory)} ] && ! [ -d ${quote(`${directory}/${postedName}/${requestId}`)} ]`;
}

/** Seconds since the mark was made, by the clock of the file system that it is on; `undefined` where there is none. */
export function ageOfMark(directory: string): Command<number | undefined> {
  const script = `: >"$1/.now" && stat -c %Y "$1/.now" "$1/${postedName}"; rm -f "$1/.now"`;
  return {
    argv: ["sh", "-c", script, "sluice-age", directory],
    parse({ stdout }) {
      const [now, made] = stdout.trim().split("\n").map(Number);
      return now === undefined || made === undefined ? undefined : now - made;
    },
  };
}
