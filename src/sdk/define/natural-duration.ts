import { formatDuration } from "../../slurm/values/duration.ts";
import { formatInvalid } from "../../slurm/values/format-invalid.ts";

const amount = String.raw`(\d+(?:\.\d+)?)\s*`;
const natural = new RegExp(
  String.raw`^\s*(?:${amount}d(?:ays?)?\s*)?(?:${amount}h(?:(?:ou)?rs?)?\s*)?(?:${amount}m(?:in(?:ute)?s?)?\s*)?(?:${amount}s(?:ec(?:ond)?s?)?\s*)?$`,
  "i",
);

/**
 * A length of time as sbatch reads it: a number is minutes, as it is there; a text may have units (`90s`, `30m`, `2h`, `1d 4h`),
 * and is left as it is otherwise. Seconds are rounded upwards. Throws `FORMAT_INVALID` for what cannot be a length of time,
 * and for none at all in units, which sbatch would take for no limit.
 */
export function toDurationText(value: number | string): string {
  if (typeof value === "string") {
    const parts = natural.exec(value);
    if (value.trim() === "" || parts === null) return value;
    const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
    return inSeconds(value, ((days * 24 + hours) * 60 + minutes) * 60 + seconds);
  }
  // As sbatch's own 0, no limit.
  if (value === 0) return "0";
  return inSeconds(String(value), value * 60);
}

function inSeconds(given: string, seconds: number): string {
  if (seconds > 0 && seconds < 2 ** 31) return formatDuration(Math.ceil(seconds));
  throw formatInvalid(
    "duration",
    given,
    seconds > 0 ? "longer than 68 years" : "not a length of time",
    'give minutes as a number, or a text as "90s", "30m", "2h", "1d 4h", "1:00:00" or "UNLIMITED"',
  );
}
