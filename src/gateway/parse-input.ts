import type { z } from "zod";
import { SluiceError } from "../errors.ts";
import { quoteValue } from "../slurm/values/format-invalid.ts";

/** How many faults one answer names. */
const mostFaults = 5;

/**
 * What a schema makes of a value that came from outside. Throws `INPUT_INVALID` that names each field, what it takes and what
 * came. A single value is told by its name: `header Last-Event-ID`.
 */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  where: "path" | "query" | "body" | `body ${string}` | `header ${string}` | `--${string}`,
): z.output<Schema> {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const [place, name = ""] = where.split(" ");
  const faults = parsed.error.issues.map(({ code, path, message, input }) => {
    const field = path.map(String).join(".").slice(0, 128);
    // Words of our own say what came, where that helps; a variable's value may be a secret.
    const came = code === "custom" || path[0] === "env" ? "" : notThis(input);
    return { field: field || name, text: `${where}${field === "" ? "" : ` ${field}`}: ${message}${came}` };
  });
  const more = faults.length - mostFaults;
  const texts = faults.slice(0, mostFaults).map(({ text }) => text);
  throw new SluiceError("INPUT_INVALID", `${texts.join("; ")}${more > 0 ? `; and ${more} more` : ""}`, {
    details: { field: faults[0]?.field ?? "", in: place },
  });
}

function notThis(input: unknown): string {
  if (typeof input === "string") return `, not ${quoteValue(input)}`;
  return typeof input === "number" || typeof input === "boolean" ? `, not ${input}` : "";
}

/** The parameters of a query; one that is given several times is an array. */
export function queryOf(url: string): Record<string, string | string[]> {
  const { searchParams } = new URL(url);
  const entries = [...new Set(searchParams.keys())].map((name) => {
    const values = searchParams.getAll(name);
    return [name, values.length === 1 ? (values[0] ?? "") : values] as const;
  });
  return Object.fromEntries(entries);
}
