import { z } from "zod";
import { Job } from "./api-job.ts";
import { Problem } from "./api-problem.ts";

/** What became of one job of a batch: it is there (`isNew` where this request made it), or a problem. */
export const BatchResult = z.union([z.object({ job: Job, isNew: z.boolean() }), z.object({ problem: Problem })]);
export type BatchResult = z.infer<typeof BatchResult>;

/** One result for each job, in the order of the request. */
export const BatchReport = z.object({ results: z.array(BatchResult).readonly() });
