import { parseArraySpec } from "../values/array-spec.ts";
import { parseDependency } from "../values/dependency.ts";
import { parseDuration } from "../values/duration.ts";
import { formatInvalid } from "../values/format-invalid.ts";
import { expandHostlist } from "../values/hostlist.ts";
import { parseMemoryMb } from "../values/memory.ts";
import { parseNodeRange } from "../values/node-range.ts";
import type { BatchOption, ValueType } from "./batch-option.ts";
import { isBeginTime } from "./begin-time.ts";

/** Slurm's bound of --nice, which keeps three values of its 32 bits to itself. */
const niceBound = 2 ** 31 - 3;
/** And of --priority. */
const priorityBound = 2 ** 32 - 3;

const signalNames = "HUP|INT|QUIT|ABRT|KILL|ALRM|TERM|USR1|USR2|URG|CONT|STOP|TSTP|TTIN|TTOU|XCPU";
const signalForm = new RegExp(`^(?:[RB]*:)?(?:(\\d+)|(?:SIG)?(?:${signalNames}))(?:@(\\d*))?$`, "i");
const signalBound = 65_535;

type Check = (text: string, option: BatchOption) => unknown;

/** Empty values that sbatch takes for "none". */
const unlessEmpty =
  (check: Check): Check =>
  (text, option) =>
    text === "" || check(text, option);

const checks: Record<ValueType, Check> = {
  text: () => true,
  duration: parseDuration,
  memory: parseMemoryMb,
  "node-range": (text, option) => option.pattern?.test(text) === true || parseNodeRange(text),
  array: unlessEmpty((text) => parseArraySpec(text)),
  dependency: unlessEmpty(parseDependency),
  // A slash makes it the name of a file; braces are the topology functions of newer releases, which slurmctld expands.
  hostlist: unlessEmpty((text) => /[/{]/.test(text) || expandHostlist(text)),
  count: (text, option) => isWhole(text, 1) || refuse(text, option, "not a whole number from 1"),
  quantity: unlessEmpty((text, option) => isWhole(text, 0) || refuse(text, option, "not a whole number from 0")),
  integer(text, option) {
    const fits = /^(?:|[+-]?\d{1,10})$/.test(text) && Math.abs(Number(text)) <= niceBound;
    return fits || refuse(text, option, `not a whole number within ±${niceBound}`);
  },
  priority(text, option) {
    const fits = /^(?:top|\d{1,10})$/i.test(text) && !(Number(text) > priorityBound);
    return fits || refuse(text, option, `neither TOP nor a whole number up to ${priorityBound}`);
  },
  time: (text, option) => isBeginTime(text) || refuse(text, option, "not a time"),
  signal(text, option) {
    const match = signalForm.exec(text);
    const [, number = "1", seconds = "0"] = match ?? [];
    const fits =
      match !== null && Number(number) >= 1 && Number(number) <= signalBound && Number(seconds) <= signalBound;
    return fits || refuse(text, option, "not a signal that sbatch knows, or too long a time");
  },
  choice: (text, option) => isChoice(text, option) || refuse(text, option, "not one of its values"),
  "some-of": (text, option) =>
    text.split(",").some((part) => isChoice(part, option)) || refuse(text, option, "none of its values"),
  pattern: (text, option) => option.pattern?.test(text) !== false || refuse(text, option, "not of its form"),
};

/**
 * Throws `FORMAT_INVALID` where sbatch or slurmctld would refuse this value of the option. What depends on the cluster
 * (names of partitions, accounts, features, …) is left to them. Stricter than sbatch on purpose where that reads nonsense
 * as a number: a negative `--time` (a limit of 8,000 years), numbers beyond 32 bits, and letters for `--nice`,
 * `--priority` (0, which holds the job), `--acctg-freq` or `--cpu-freq`.
 */
export function checkValue(option: BatchOption, value: string): void {
  // Without its optional value and with an empty one is the same to sbatch.
  if (option.takes === "nothing" || (option.takes === "optional" && value === "")) return;
  if (value.includes("\0")) refuse(value, option, "a NUL byte cannot be passed on");
  checks[option.type ?? "text"](value, option);
}

function isWhole(text: string, from: number): boolean {
  return /^[ \t\n\v\f\r]*\+?\d+$/.test(text) && Number(text) >= from && Number(text) < 2 ** 31;
}

function isChoice(text: string, { choices = [], pattern }: BatchOption): boolean {
  return pattern?.test(text) === true || choices.some((choice) => choice.toLowerCase() === text.toLowerCase());
}

function refuse(text: string, { choices, metavar }: BatchOption, problem: string): never {
  const form = choices === undefined ? (metavar ?? "text") : choices.join(", ");
  throw formatInvalid("value", text, problem, `give ${form} (sbatch(1))`);
}
