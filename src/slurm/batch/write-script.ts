import { SluiceError } from "../../errors.ts";
import type { GivenOption } from "./read-options.ts";
import type { BatchScript } from "./read-script.ts";

/** What sbatch reads as it is, outside quotes. */
const plain = /^[\w.,:;%@+=/^~*?!&|<>()[\]{}$`-]*$/;

/** A script to write; `readScript` gives one. */
export interface ScriptToWrite {
  readonly interpreter: string;
  readonly components: readonly (readonly GivenOption[])[];
  readonly foreign?: BatchScript["foreign"];
  /** From the first command on: `#SBATCH` lines at its very beginning would be read as part of the header. */
  readonly body: string;
}

/** The options as arguments of sbatch, `--name=value`, one each and in the same order. */
export function toArguments(options: readonly GivenOption[]): string[] {
  return options.map(({ option, value }) => (value === undefined ? `--${option.name}` : `--${option.name}=${value}`));
}

/**
 * One `#SBATCH` line for each option, quoted so that sbatch reads the same value back, and `#SBATCH hetjob` between the
 * parts of a heterogeneous job. Throws `INPUT_INVALID` for a value with a line break or a NUL byte, which a script cannot
 * hold; such a value can only go by the command line.
 */
export function writeDirectives(components: readonly (readonly GivenOption[])[]): string {
  return components
    .map((options) => options.map((given) => `#SBATCH ${writeOption(given)}\n`).join(""))
    .join("#SBATCH hetjob\n");
}

function writeOption({ option, value }: GivenOption): string {
  if (value === undefined) return `--${option.name}`;
  if (/[\n\0]/.test(value)) {
    throw new SluiceError(
      "INPUT_INVALID",
      `--${option.name}: ${JSON.stringify(value.slice(0, 60))} has a line break or a NUL byte, which no #SBATCH line can ` +
        "hold; give it on the command line or take it out",
      { details: { field: `--${option.name}` } },
    );
  }
  return `--${option.name}=${plain.test(value) ? value : quote(value)}`;
}

/** sbatch's own quotes, not a shell's: a backslash guards any character, inside quotes of either kind. */
function quote(value: string): string {
  return `"${value.replace(/["\\]/g, String.raw`\$&`)}"`;
}

/** A whole script. `readScript` reads the same parts back; ordinary comments between directives are not kept. */
export function writeScript({ interpreter, components, foreign = [], body }: ScriptToWrite): string {
  const aliens = foreign.map(({ dialect, text }) => `#${dialect}${text}\n`).join("");
  return `#!${interpreter}\n${writeDirectives(components)}${aliens}${body}`;
}
