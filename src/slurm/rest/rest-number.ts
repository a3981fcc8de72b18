import { z } from "zod";

/** A number of Slurm's with its two special values: `{set, infinite, number}` since v0.0.39 or v0.0.40, field by field. */
const Structured = z.object({
  set: z.boolean().default(true),
  infinite: z.boolean().default(false),
  number: z.number().default(0),
});

/** A number in any version: plain, structured, or null where there is none. Infinite ones are none here. */
export const RestNumber = z
  .union([z.number(), Structured, z.null()])
  .optional()
  .transform((value): number | undefined => {
    if (value === undefined || value === null) return undefined;
    if (typeof value === "number") return value;
    return value.set && !value.infinite ? value.number : undefined;
  });

/** A time in seconds since 1970 as ISO 8601; Slurm's 0 is none. */
export const RestTime = RestNumber.transform((seconds): string | undefined =>
  seconds === undefined || seconds <= 0 ? undefined : new Date(seconds * 1000).toISOString().replace(".000Z", "Z"),
);

/** How a newer version wants a number. */
export function restNumber(value: number): { readonly set: true; readonly infinite: false; readonly number: number } {
  return { set: true, infinite: false, number: value };
}

/** No limit, for a newer version. */
export const restInfinite = { set: true, infinite: true, number: 0 } as const;
