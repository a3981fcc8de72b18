import * as clusters from "./cluster-operations.ts";
import * as files from "./file-operations.ts";
import * as gateway from "./gateway-operations.ts";
import * as jobs from "./job-operations.ts";
import * as streams from "./stream-operations.ts";
import type { Operation } from "./operation.ts";

/** Every operation of the HTTP door, in the order of the reference. */
export const operations: readonly Operation[] = [
  jobs.submitJob,
  jobs.submitJobs,
  jobs.testJob,
  jobs.listJobs,
  jobs.getJob,
  jobs.listTasks,
  jobs.getScript,
  streams.readOutput,
  files.readJobFile,
  jobs.explainJob,
  jobs.cancelJob,
  jobs.holdJob,
  jobs.releaseJob,
  jobs.requeueJob,
  jobs.forgetJob,
  jobs.signalJob,
  jobs.changeJob,
  clusters.listQueue,
  clusters.listClusters,
  clusters.getCluster,
  clusters.listNodes,
  clusters.listPartitions,
  files.findKeptFile,
  files.keepFile,
  streams.streamEvents,
  gateway.getHealth,
  gateway.getReadiness,
  gateway.getMetrics,
  gateway.getOpenApi,
  gateway.getDocs,
  gateway.getErrors,
];
