import { SluiceError } from "../../errors.ts";
import type { BatchOption } from "../../slurm/batch/batch-option.ts";
import type { BatchOptionName } from "../../slurm/batch/option-table.ts";
import { checkValue } from "../../slurm/batch/option-value.ts";
import { toDurationText } from "./natural-duration.ts";
import { toMemoryText } from "./natural-memory.ts";

/** One option of sbatch as a script has it; without a value for a flag. */
export interface BatchSetting {
  readonly name: BatchOptionName;
  readonly value?: string;
}

type NamedOption = BatchOption & { readonly name: BatchOptionName };

/**
 * What a task says of an option: `true` gives a flag, a list becomes one text with commas, times and sizes may be in natural
 * forms. `undefined` for `false`, which leaves the option out; but `requeue: false` forbids it. Throws `INPUT_INVALID` for a
 * value that the option does not take; `field` names it there.
 */
export function readOption(option: NamedOption, value: unknown, field: string): BatchSetting | undefined {
  const { name, takes, metavar = "text" } = option;
  if (typeof value === "boolean") {
    if (takes === "value") throw refused(field, `takes ${metavar}, not ${value}`);
    if (value) return { name };
    return name === "requeue" ? { name: "no-requeue" } : undefined;
  }
  if (takes === "nothing") throw refused(field, `takes true or false, not ${shown(value)}`);
  if (Array.isArray(value) && !isList(option)) throw refused(field, `takes one value (${metavar}), not a list`);
  const parts: readonly unknown[] = Array.isArray(value) ? value : [value];
  const texts = parts.map((part) => {
    if (typeof part === "string" || (typeof part === "number" && Number.isFinite(part)))
      return toText(option, part, field);
    throw refused(field, `takes ${metavar}, not ${shown(part)}`);
  });
  if (texts.length === 0) return undefined;
  const text = texts.join(",");
  if (/[\n\0]/.test(text)) throw refused(field, "has a line break or a NUL byte, which no #SBATCH line can hold");
  explained(field, () => checkValue(option, text));
  return { name, value: text };
}

function toText({ type }: BatchOption, value: number | string, field: string): string {
  if (type === "duration") return explained(field, () => toDurationText(value));
  if (type === "memory") return explained(field, () => toMemoryText(value));
  return String(value);
}

/** Whether sbatch takes several values by commas. */
function isList({ type, metavar }: BatchOption): boolean {
  return type === "hostlist" || type === "some-of" || metavar?.endsWith(",…") === true;
}

function explained<T>(field: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    throw refused(`${field}:`, error.message, error);
  }
}

function refused(field: string, problem: string, cause?: SluiceError): SluiceError {
  return new SluiceError("INPUT_INVALID", `${field} ${problem}`, {
    cause,
    details: { field: field.replace(/:$/, "") },
  });
}

function shown(value: unknown): string {
  if (value === null || typeof value === "number") return String(value);
  return Array.isArray(value) ? "a list" : typeof value === "string" ? JSON.stringify(value) : typeof value;
}
