import type { z } from "zod";
import { BatchReport } from "../../schema/api-batch.ts";
import { NodeList, PartitionList, PartitionView } from "../../schema/api-inventory.ts";
import { ClusterList, ClusterView, Liveness, QueueList, Readiness } from "../../schema/api-cluster.ts";
import { KeptPath } from "../../schema/api-file.ts";
import { Explanation, Job, JobPage, ListedJob, TaskList, TestReport } from "../../schema/api-job.ts";
import { JobPatch, SignalRequest } from "../../schema/api-job-request.ts";
import { Problem } from "../../schema/api-problem.ts";
import { ClusterNode } from "../../schema/cluster-inventory.ts";
import { JobState } from "../../schema/job.ts";
import { StoredEvent } from "../../schema/stored-event.ts";
import { BatchBody, JobBody } from "./job-body.ts";

/** The names under which OpenAPI has the shapes of the HTTP door. */
export const nouns: Readonly<Record<string, z.ZodType>> = {
  Job,
  JobBody,
  JobState,
  ListedJob,
  JobPage,
  JobPatch,
  SignalRequest,
  TaskList,
  TestReport,
  Explanation,
  BatchBody,
  BatchReport,
  ClusterView,
  ClusterList,
  QueueList,
  NodeList,
  PartitionList,
  ClusterNode,
  ClusterPartition: PartitionView,
  KeptPath,
  Readiness,
  Liveness,
  StoredEvent,
  Problem,
};
