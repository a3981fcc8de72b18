import { formatInvalid } from "./format-invalid.ts";

/** A length of time in seconds, or no limit at all. */
export type Duration = number | "unlimited";

/** Slurm counts seconds in 32 bits with a sign and reads anything longer as nonsense, so we refuse it. */
const longestSeconds = 2 ** 31 - 1;

const remedy =
  "give minutes, minutes:seconds, hours:minutes:seconds, days-hours, days-hours:minutes, days-hours:minutes:seconds or UNLIMITED (sbatch(1), --time)";

/**
 * Reads a duration in the forms of sbatch(1), `--time`, to the second: `30`, `1:30` (minutes and seconds), `2:00:00`,
 * `1-12`, `1-12:30`, `1-12:30:15`; `UNLIMITED`, `INFINITE` in any case and `-1` are no limit. As in Slurm, a part may be
 * larger than its usual range (`0:300` is five minutes) and `1-` is one day. Throws `FORMAT_INVALID`.
 */
export function parseDuration(text: string): Duration {
  if (/^(?:unlimited|infinite|-1)$/i.test(text)) return "unlimited";
  const match = /^(?:(\d+)-)?(\d*)(?::(\d+))?(?::(\d+))?$/.exec(text);
  if (match === null) throw formatInvalid("duration", text, "not one of Slurm's forms", remedy);
  const [, days, first = "", second, third] = match;
  // Only `1-`, one day, may leave its first number out.
  if (first === "" && (days === undefined || second !== undefined)) {
    throw formatInvalid("duration", text, "a number is missing", remedy);
  }
  let seconds: number;
  if (days !== undefined) seconds = inSeconds(days, first, second, third);
  else if (third !== undefined) seconds = inSeconds("0", first, second, third);
  else seconds = inSeconds("0", "0", first, second);
  if (seconds > longestSeconds)
    throw formatInvalid("duration", text, "longer than 68 years", "write UNLIMITED instead");
  return seconds;
}

function inSeconds(days = "0", hours = "0", minutes = "0", seconds = "0"): number {
  return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
}

/** As `parseDuration`, where zero asks for no limit: sbatch's `--time` and slurm.conf's MaxTime. */
export function parseTimeLimit(text: string): Duration {
  const limit = parseDuration(text);
  return limit === 0 ? "unlimited" : limit;
}

/** Words that stand in Slurm's output where there is no time to tell. */
const noTime: ReadonlySet<string> = new Set([
  "",
  "INVALID",
  "N/A",
  "NA",
  "NONE",
  "NOT_SET",
  "PARTITION_LIMIT",
  "UNKNOWN",
]);

/**
 * Reads a duration that Slurm printed: squeue's `%M`, `%L` and `%l` (`0:05`, `1-02:03:04`), sinfo's `%l` (`infinite`),
 * sacct's Elapsed, TotalCPU and Timelimit (`00:00.005`), scontrol's RunTime and TimeLimit. `undefined` where it is one of
 * Slurm's words for "not known" (`Partition_Limit`, `INVALID`, `N/A`, `None`, `Unknown`, …). Throws `FORMAT_INVALID`.
 */
export function parseElapsed(text: string): Duration | undefined {
  const word = text.toUpperCase();
  if (noTime.has(word)) return undefined;
  if (word === "UNLIMITED" || word === "INFINITE") return "unlimited";
  const match = /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)$/.exec(text);
  if (match === null) {
    throw formatInvalid("duration in Slurm's output", text, "not a time", "expected D-HH:MM:SS, HH:MM:SS or M:SS");
  }
  return inSeconds(match[1], match[2], match[3], match[4]);
}

/** Writes a duration as Slurm does: `D-HH:MM:SS`, `HH:MM:SS` or `UNLIMITED`. Fractions of a second are dropped. */
export function formatDuration(duration: Duration): string {
  if (duration === "unlimited") return "UNLIMITED";
  const seconds = Math.trunc(duration);
  const clock = [Math.trunc(seconds / 3600) % 24, Math.trunc(seconds / 60) % 60, seconds % 60]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
  const days = Math.trunc(seconds / 86_400);
  return days === 0 ? clock : `${days}-${clock}`;
}

/** Slurm keeps time limits in whole minutes and rounds seconds upwards: 90 s are 2 minutes. */
export function toWholeMinutes(seconds: number): number {
  return Math.ceil(seconds / 60);
}
