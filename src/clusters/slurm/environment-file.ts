import { SluiceError } from "../../errors.ts";
import { quote } from "../../schema/quote.ts";
import { submitEnvironment } from "../../slurm/commands/environment.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Names that a shell keeps for itself: setting one would end the script that reads this, or mean nothing. */
const reserved = /^(?:_|UID|EUID|PPID|GROUPS|BASHOPTS|SHELLOPTS|BASH_VERSINFO|_sluice_.*)$/;

/** Names that shells set themselves, or to which they give no value of another's. */
const ofShells = /^(?:PWD|OLDPWD|SHLVL|OPTIND|LINENO)$/;

/**
 * Shell text that makes one environment into another, as far as a shell can: names that are none to a shell are left alone,
 * and so are those that sbatch is run with, or without, in any case. `undefined` where there is nothing to do.
 */
export function writeChanges(from: Environment, to: Environment): string | undefined {
  const differs = (name: string): boolean =>
    // What was exported as IFS, dash exports as blank, tab and newline.
    from[name] !== to[name] || (name === "IFS" && to[name] !== undefined);
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].filter(
    (name) => isName(name) && !ofShells.test(name) && !Object.hasOwn(submitEnvironment, name) && differs(name),
  );
  if (names.length === 0) return undefined;
  return names
    .map((name) => {
      const value = to[name];
      return value === undefined ? `unset ${name}\n` : `export ${name}=${quote(value)}\n`;
    })
    .join("");
}

function isName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !reserved.test(name);
}

/** Shell text that sets and exports these variables. Throws `INPUT_INVALID`, naming the variable. */
export function writeEnvironment(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => {
      if (!isName(name)) {
        throw invalid(name, "is no name of a variable that a script may be given");
      }
      if (value.includes("\0")) throw invalid(name, "has a NUL character in its value; remove it");
      return `export ${name}=${quote(value)}\n`;
    })
    .join("");
}

function invalid(name: string, problem: string): SluiceError {
  return new SluiceError("INPUT_INVALID", `environment: ${JSON.stringify(name.slice(0, 60))} ${problem}`, {
    details: { field: "environment", name: name.slice(0, 60) },
  });
}
