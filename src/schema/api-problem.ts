import { z } from "zod";

/** What went wrong, as RFC 9457 has it; `code` is one of the error table, absent where the HTTP status says it all. */
export const Problem = z.looseObject({
  /** `/docs/errors.md#…`, or `about:blank` where the status says it all. */
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string().optional(),
  /** The request's id, as in the gateway's log. */
  instance: z.string().optional(),
  /** Whether the same request may be made again as it is. */
  retry: z.boolean(),
  /** What to do. */
  remedy: z.string().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type Problem = z.infer<typeof Problem>;
