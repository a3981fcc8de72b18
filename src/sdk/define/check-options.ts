import { SluiceError } from "../../errors.ts";
import { findField, unknownOption } from "./option-fields.ts";
import { canonicalName, rivalOptions } from "./option-names.ts";
import { ownReaders } from "./own-options.ts";
import { readOption } from "./read-option.ts";

/** Options by their canonical names. `null` takes back what a lower layer says. */
export type OptionLayer = ReadonlyMap<string, unknown>;

/**
 * Looks at the options of one layer, each under whichever of its names, and gives them by their canonical ones. Throws
 * `INPUT_INVALID` for an option that there is not, a value that it does not take, and two that say the same or that sbatch
 * refuses together; `at` is what the options are called in messages.
 */
export function checkOptions(given: unknown, at = "options"): OptionLayer {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    const what = given === null ? "null" : Array.isArray(given) ? "a list" : typeof given;
    throw new SluiceError("INPUT_INVALID", `${at} takes an object with options, not ${what}`, {
      details: { field: at },
    });
  }
  const layer = new Map<string, unknown>();
  const names = new Map<string, string>();
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const field = `${at}.${name}`;
    checkOption(name, value, field);
    const canonical = canonicalName(name);
    const rival = [canonical, ...rivalsOf(canonical)].find((one) => isSet(layer.get(one)));
    if (rival !== undefined && isSet(value)) throw conflict(at, names.get(rival) ?? rival, name);
    layer.set(canonical, value);
    names.set(canonical, name);
  }
  return layer;
}

function checkOption(name: string, value: unknown, field: string): void {
  const found = findField(name);
  if (found === undefined) {
    throw new SluiceError("INPUT_INVALID", `${field} ${unknownOption(name)}`, { details: { field } });
  }
  if (value === null) return;
  if ("own" in found) ownReaders[found.own](value, field);
  else readOption(found.option, value, field);
}

/** The options that cannot be set beside one. */
export function rivalsOf(canonical: string): readonly string[] {
  return rivalOptions
    .filter((group) => group.includes(canonical))
    .flatMap((group) => group.filter((one) => one !== canonical));
}

/** Whether a value asks for something. */
export function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false;
}

function conflict(at: string, one: string, other: string): SluiceError {
  return new SluiceError("INPUT_INVALID", `${at}.${one} and ${at}.${other} exclude each other; keep one of them`, {
    details: { field: `${at}.${other}` },
  });
}
