import { z } from "zod";

/** No parameters, and none taken: a mistyped one is refused. */
export const None = z.strictObject({});

/** A job by Sluice's own id. */
export const JobParams = z.strictObject({ id: z.string().min(1).max(64) });

/** A moment, with its distance from UTC. */
export const Time = z.iso
  .datetime({ offset: true, error: "takes a time such as 2026-07-01T12:00:00Z or 2026-07-01T14:00:00+02:00" })
  .transform((text) => new Date(text).toISOString());

/** `a,b,c` in a query. */
export function commaList<T extends z.ZodType<unknown, string>>(item: T) {
  const words = item instanceof z.ZodEnum ? item.options.join("|") : "[^,]+";
  return z
    .string()
    .meta({ pattern: `^(?:${words})(?:,(?:${words})){0,99}$` })
    .transform((text) => text.split(","))
    .pipe(z.array(item).max(100));
}

/** `true` or `false` in a query; `?follow` alone is true. */
export const Flag = z.enum(["", "true", "false", "1", "0"]).transform((text) => text !== "false" && text !== "0");

/** A whole number from 0 in a query. */
export const Whole = z
  .string()
  .regex(/^\d{1,15}$/, "takes a whole number from 0")
  .transform(Number);
