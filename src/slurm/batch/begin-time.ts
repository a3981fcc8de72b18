const word = "midnight|noon|fika|teatime|today|tomorrow";
const clock = "(?:(?:[01]?\\d|2[0-3]):[0-5]\\d(?::[0-5]\\d)?|(?:0?\\d|1[0-2]):[0-5]\\d(?::[0-5]\\d)?\\s*[ap]m)";
const month = "(?:0?[1-9]|1[0-2])";
const day = "(?:0?[1-9]|[12]\\d|3[01])";
const monthDay = `(?:${month}/${day}(?:/\\d\\d)?|${month}\\.${day}(?:\\.\\d\\d)?|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\\d|3[01])(?:\\d\\d)?)`;
const isoDay = "\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])";
const absolute = new RegExp(
  `^(?:(?:${word}|${clock}|${isoDay}|${monthDay})(?:[-T\\s]+(?!$)|$|(?<=[a-z])(?=\\d)))+$`,
  "i",
);
const relative = /^now(?:\s*[+-]\s*\d+\s*(?:(?:second|minute|hour|day|week)s?)?)?$/i;

/**
 * Whether sbatch reads the text as a point of time (sbatch(1), `--begin` and `--deadline`): `now`, `now+5minutes`, a word
 * such as `noon`, a time of day, a date, or a date and a time. Which moment it is depends on the cluster's clock and zone
 * and is left to sbatch.
 */
export function isBeginTime(text: string): boolean {
  return text.length <= 64 && (relative.test(text) || absolute.test(text));
}
