import { z } from "zod";

/** What went wrong, as RFC 9457 has it; `code` is one of the error table, absent where the HTTP status says it all. */
export const Problem = z.looseObject({
  type: z.string().describe("`/docs/errors.md#…`, or `about:blank` where the status says it all."),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string().optional(),
  instance: z.string().optional().describe("The request's id, as in the gateway's log."),
  retry: z.boolean().describe("Whether the same request may be made again as it is."),
  remedy: z.string().optional().describe("What to do."),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type Problem = z.infer<typeof Problem>;
