import { z } from "zod";
import { BatchReport } from "../../schema/api-batch.ts";
import { Explanation, Job, jobFields, JobPage, TaskList, TestReport } from "../../schema/api-job.ts";
import { JobPatch, LabelName, LabelValue, SignalRequest } from "../../schema/api-job-request.ts";
import { JobState } from "../../schema/job.ts";
import { BatchBody, JobBody } from "./job-body.ts";
import { defineOperation } from "./operation.ts";
import { commaList, JobParams, None, Time } from "./parameters.ts";

/** The job of every example; the tests' gateway has it. */
export const exampleJobId = "01KB0000000000000000000001";
const exampleParams = { id: exampleJobId };

const exampleJob = {
  name: "train",
  script: "#!/bin/sh\nhostname\n",
  nodes: 2,
  time: "10",
  labels: { team: "physics" },
};

const submitHeaders = {
  "Idempotency-Key": "A key of the client's own making; the same key and body give the same job.",
};
const scriptBytes = 8 * 1024 * 1024;

export const submitJob = defineOperation({
  id: "submitJob",
  method: "post",
  path: "/v1/jobs",
  tag: "jobs",
  scope: "user",
  summary: "Submit a job",
  description:
    "Answers as soon as the job is stored durably, before its cluster has heard of it: 201 with the job, or 200 where the " +
    "Idempotency-Key has made it before. What the script's #SBATCH lines say stands unless the body says otherwise.",
  params: None,
  query: None,
  body: JobBody,
  maxBodyBytes: scriptBytes,
  headers: submitHeaders,
  result: { status: 201, json: Job, what: "The job" },
  also: { 200: "The job that the Idempotency-Key has made before" },
  example: { headers: { "Idempotency-Key": "train-2026-07-01" }, body: exampleJob },
});

export const submitJobs = defineOperation({
  id: "submitJobs",
  method: "post",
  path: "/v1/jobs:batch",
  tag: "jobs",
  scope: "user",
  summary: "Submit up to 1,000 jobs",
  description: "Each job has its own `idempotencyKey` and its own result: the job, or the problem with it.",
  params: None,
  query: None,
  body: BatchBody,
  maxBodyBytes: 32 * 1024 * 1024,
  result: { status: 200, json: BatchReport, what: "One result for each, in order" },
  example: { body: { jobs: [{ ...exampleJob, idempotencyKey: "a" }, { command: ["hostname", "-f"] }] } },
});

export const testJob = defineOperation({
  id: "testJob",
  method: "post",
  path: "/v1/jobs:test",
  tag: "jobs",
  scope: "user",
  summary: "Ask clusters when they would start a job, without submitting it",
  description: "Asks the cluster that the body names, or all of them.",
  params: None,
  query: None,
  body: JobBody,
  maxBodyBytes: scriptBytes,
  result: { status: 200, json: TestReport, what: "What each cluster says" },
  example: { body: exampleJob },
});

const LabelText = z.string().meta({ pattern: "^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,126}[A-Za-z0-9])?=" });

const JobQuery = z.strictObject({
  cluster: commaList(z.string().min(1)).optional().describe("Clusters, by comma"),
  state: commaList(JobState).optional().describe("States, by comma"),
  owner: z.string().min(1).optional(),
  name: z.string().min(1).optional(),
  label: z
    .union([LabelText, z.array(LabelText)])
    .transform((given, context) => {
      const labels: Record<string, string> = {};
      for (const text of typeof given === "string" ? [given] : given) {
        const [name, ...value] = text.split("=");
        const [parsedName, parsedValue] = [LabelName.safeParse(name), LabelValue.safeParse(value.join("="))];
        if (value.length === 0 || !parsedName.success || !parsedValue.success) {
          context.addIssue({ code: "custom", message: `takes NAME=VALUE, not ${JSON.stringify(text.slice(0, 64))}` });
          return z.NEVER;
        }
        labels[parsedName.data] = parsedValue.data;
      }
      return labels;
    })
    .optional()
    .describe("NAME=VALUE; several times for several labels, all of which a job must have"),
  from: Time.optional().describe("Accepted at that time or later (ISO 8601)"),
  before: Time.optional().describe("Accepted before that time (ISO 8601)"),
  sort: z.enum(["accepted", "started", "ended", "updated", "name"]).optional(),
  order: z.enum(["ascending", "descending"]).optional().describe("The newest first where left out"),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  cursor: z.string().max(1_024).optional().describe("`next` of the page before"),
  fields: commaList(z.enum(jobFields)).optional().describe("Fields to answer with, by comma; `id` always comes along"),
});

export const listJobs = defineOperation({
  id: "listJobs",
  method: "get",
  path: "/v1/jobs",
  tag: "jobs",
  scope: "viewer",
  summary: "List jobs",
  description: "Your own; an operator's token lists everybody's.",
  params: None,
  query: JobQuery,
  body: undefined,
  result: { status: 200, json: JobPage, what: "One page" },
  example: { query: { state: "running,pending", label: "team=physics", limit: "10", fields: "name,state" } },
});

export const getJob = defineOperation({
  id: "getJob",
  method: "get",
  path: "/v1/jobs/{id}",
  tag: "jobs",
  scope: "viewer",
  summary: "Read one job",
  params: JobParams,
  query: None,
  body: undefined,
  result: { status: 200, json: Job, what: "The job" },
  example: { params: exampleParams },
});

export const listTasks = defineOperation({
  id: "listTasks",
  method: "get",
  path: "/v1/jobs/{id}/tasks",
  tag: "jobs",
  scope: "viewer",
  summary: "List the tasks of an array, or the components of a heterogeneous job",
  params: JobParams,
  query: None,
  body: undefined,
  result: { status: 200, json: TaskList, what: "Those that have been seen, in the order of their numbers" },
  example: { params: exampleParams },
});

export const getScript = defineOperation({
  id: "getScript",
  method: "get",
  path: "/v1/jobs/{id}/script",
  tag: "jobs",
  scope: "viewer",
  summary: "Read a job's script, byte for byte",
  params: JobParams,
  query: None,
  body: undefined,
  result: { status: 200, media: ["text/plain"], what: "The script" },
  example: { params: exampleParams },
});

export const explainJob = defineOperation({
  id: "explainJob",
  method: "get",
  path: "/v1/jobs/{id}/explain",
  tag: "jobs",
  scope: "viewer",
  summary: "Say why a job is where it is, with the evidence",
  params: JobParams,
  query: None,
  body: undefined,
  result: { status: 200, json: Explanation, what: "The explanation" },
  example: { params: exampleParams },
});

export const changeJob = defineOperation({
  id: "changeJob",
  method: "patch",
  path: "/v1/jobs/{id}",
  tag: "jobs",
  scope: "user",
  summary: "Change a job's time limit or priority",
  params: JobParams,
  query: None,
  body: JobPatch,
  result: { status: 200, json: Job, what: "The job" },
  example: { params: exampleParams, body: { timeLimit: "2:00:00" } },
});

export const signalJob = defineOperation({
  id: "signalJob",
  method: "post",
  path: "/v1/jobs/{id}/signal",
  tag: "jobs",
  scope: "user",
  summary: "Send a signal to a job's processes",
  params: JobParams,
  query: None,
  body: SignalRequest,
  result: { status: 200, json: Job, what: "The job" },
  example: { params: exampleParams, body: { signal: "USR1" } },
});

export const cancelJob = actOperation("cancelJob", "cancel", "Cancel a job");
export const holdJob = actOperation("holdJob", "hold", "Keep a pending job from starting");
export const releaseJob = actOperation("releaseJob", "release", "Let a held job start");
export const requeueJob = actOperation("requeueJob", "requeue", "Put a job back into the queue");
export const forgetJob = actOperation(
  "forgetJob",
  "forget",
  "Remove the folder of a job that has ended: script, receipts, and its output where that has no place of its own",
);

function actOperation(id: string, action: string, summary: string) {
  return defineOperation({
    id,
    method: "post",
    path: `/v1/jobs/{id}/${action}`,
    tag: "jobs",
    scope: "user",
    summary,
    description: "May be asked for twice.",
    params: JobParams,
    query: None,
    body: undefined,
    result: { status: 200, json: Job, what: "The job" },
    example: { params: exampleParams },
  });
}
