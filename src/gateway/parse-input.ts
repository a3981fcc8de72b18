import type { z } from "zod";
import { SluiceError } from "../errors.ts";

/** How many faults one answer names. */
const mostFaults = 5;

/** What a schema makes of a value that came from outside. Throws `INPUT_INVALID` that names each field and what it takes. */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  where: "path" | "query" | "body" | "header" | `--${string}`,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => {
    const field = path.map(String).join(".").slice(0, 128);
    return { field, text: `${where}${field === "" ? "" : ` ${field}`}: ${message}` };
  });
  const more = faults.length - mostFaults;
  const texts = faults.slice(0, mostFaults).map(({ text }) => text);
  throw new SluiceError("INPUT_INVALID", `${texts.join("; ")}${more > 0 ? `; and ${more} more` : ""}`, {
    details: { field: faults[0]?.field ?? "", in: where },
  });
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
