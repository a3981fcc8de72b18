import { SluiceError } from "../../errors.ts";

/**
 * One `Key=value` of slurm.conf and its sister files, written so that Slurm's parser reads exactly `value` back.
 * A backslash makes the next character plain (so `#` and `\` need one), double quotes hold blanks together, and there is
 * no way to write a line end, or a double quote next to a blank. Measured on 22.05 with `scontrol show config`.
 * Throws `CONFIG_INVALID` for what cannot be written.
 */
export function setting(key: string, value: string): string {
  const refused = unwritable(value);
  if (refused !== undefined) throw valueError(key, value, refused);
  const escaped = value.replace(/[\\#]/g, "\\$&");
  return /\s/.test(value) ? `${key}="${escaped}"` : `${key}=${escaped}`;
}

/** A `setting` whose value never stands in an error. Throws `CONFIG_INVALID`, naming the key alone. */
export function secretSetting(key: string, value: string): string {
  const refused = unwritable(value);
  if (refused === undefined) return setting(key, value);
  throw new SluiceError("CONFIG_INVALID", `the ${key} that was given cannot be written: ${refused}; choose another`, {
    details: { field: key },
  });
}

/**
 * A path that Slurm reads as one item of a list or of a pattern, where some characters have a meaning of their own.
 * Throws `CONFIG_INVALID` where the path holds one of `reserved`.
 */
export function listedPath(key: string, path: string, reserved: RegExp): string {
  const found = reserved.exec(path)?.[0];
  if (found !== undefined)
    throw valueError(key, path, `Slurm gives ${JSON.stringify(found)} a meaning of its own there`);
  return path;
}

/** The error for a value that Slurm's files cannot hold; it names the key and the remedy. */
export function valueError(key: string, value: string, why: string): SluiceError {
  return new SluiceError(
    "CONFIG_INVALID",
    `${key} cannot be ${JSON.stringify(value)}: ${why}; choose a place whose path has none of it (\`--output-dir\`)`,
    { details: { field: key, value } },
  );
}

function unwritable(value: string): string | undefined {
  if (value === "") return "it is empty";
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value)) return "Slurm's files cannot hold line ends and control characters";
  if (value.startsWith('"')) return "a value cannot begin with a double quote";
  if (value.includes('"') && /\s/.test(value)) return "Slurm's files cannot hold a double quote and a blank together";
  return undefined;
}
