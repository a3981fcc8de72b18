import { SluiceError } from "../../errors.ts";
import { quote } from "../../schema/quote.ts";

/** Names that a shell keeps for itself: setting one would end the script that reads this, or mean nothing. */
const reserved = /^(?:_|UID|EUID|PPID|GROUPS|BASHOPTS|SHELLOPTS|BASH_VERSINFO|_sluice_.*)$/;

/** Shell text that sets and exports these variables. Throws `INPUT_INVALID`, naming the variable. */
export function writeEnvironment(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || reserved.test(name)) {
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
