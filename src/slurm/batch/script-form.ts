import { SluiceError } from "../../errors.ts";

/**
 * Throws `SCRIPT_INVALID` for a text that sbatch refuses as a whole, before it reads any option, with its reason, the
 * line and the column.
 */
export function checkForm(text: string): void {
  if (text === "") refuse(text, 0, "the script is empty");
  if (/^[ \t\n\v\f\r]*$/.test(text)) refuse(text, 0, "the script is nothing but white space");
  if (!text.startsWith("#!")) {
    const late = /^\s*#!/.test(text) ? "; take away what stands before it" : ", such as #!/bin/sh";
    refuse(text, 0, `the first line must start with #! and the path of an interpreter${late}`);
  }
  const nul = text.indexOf("\0");
  if (nul !== -1) refuse(text, nul, "a NUL byte, which Slurm does not allow in scripts; is this a text file?");
  const dos = text.indexOf("\r\n");
  if (dos !== -1) refuse(text, dos, "a DOS line end (CR LF); convert the script with dos2unix or sed 's/\\r$//'");
}

function refuse(text: string, offset: number, problem: string): never {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  const column = offset - before.lastIndexOf("\n");
  throw new SluiceError("SCRIPT_INVALID", `line ${line}, column ${column}: ${problem}`, { details: { line, column } });
}
