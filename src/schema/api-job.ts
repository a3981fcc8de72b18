import { z } from "zod";
import { StoredJob, StoredTask } from "./stored-job.ts";

// The nouns of the HTTP door. Objects that a client reads take unknown fields and leave them aside, so that an older
// client understands a newer gateway; objects that a client sends take none, so that a mistyped field is no silence.

const { position: _position, ...jobShape } = StoredJob.shape;

/** One job, as every operation that answers with a job gives it. */
export const Job = z.object(jobShape);
export type Job = z.infer<typeof Job>;

export const jobFields = Job.keyof().options;

/** A job in a listing; with `fields`, its id and what was asked for alone. */
export const ListedJob = Job.partial().required({ id: true });

/** One page of jobs. */
export const JobPage = z.object({
  jobs: z.array(ListedJob).readonly(),
  next: z.string().optional().describe("`cursor` of the next page; absent on the last one."),
});
export type JobPage = z.infer<typeof JobPage>;

/** The tasks of an array, or the components of a heterogeneous job, that have been seen. */
export const TaskList = z.object({ tasks: z.array(z.object(StoredTask.shape)).readonly() });

/** What a dry run on one cluster says. */
export const TestResult = z.object({
  cluster: z.string(),
  accepted: z.boolean(),
  message: z.string().describe("The scheduler's own words."),
  startAt: z.string().optional(),
  nodes: z.string().optional(),
});

/** One answer per cluster that was asked. */
export const TestReport = z.object({ results: z.array(TestResult).readonly() });

/** Why a job is where it is, in words, with the evidence. */
export const Explanation = z.object({
  summary: z.string(),
  findings: z.array(z.object({ what: z.string(), evidence: z.string(), remedy: z.string().optional() })).readonly(),
  expectedStart: z.string().optional(),
});
export type Explanation = z.infer<typeof Explanation>;
