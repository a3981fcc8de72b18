import { z } from "zod";
import { ClusterList, ClusterView, QueueList } from "../../schema/api-cluster.ts";
import { defineOperation } from "./operation.ts";
import { None } from "./parameters.ts";

/** The cluster of every example; the tests' gateway has it. */
export const exampleCluster = "dev";

export const listClusters = defineOperation({
  id: "listClusters",
  method: "get",
  path: "/v1/clusters",
  tag: "clusters",
  scope: "viewer",
  summary: "List the clusters, and how each does",
  params: None,
  query: None,
  body: undefined,
  result: { status: 200, json: ClusterList, what: "All clusters" },
  example: {},
});

export const getCluster = defineOperation({
  id: "getCluster",
  method: "get",
  path: "/v1/clusters/{cluster}",
  tag: "clusters",
  scope: "viewer",
  summary: "Read one cluster",
  params: z.strictObject({ cluster: z.string().min(1).max(256) }),
  query: None,
  body: undefined,
  result: { status: 200, json: ClusterView, what: "The cluster" },
  example: { params: { cluster: exampleCluster } },
});

export const listQueue = defineOperation({
  id: "listQueue",
  method: "get",
  path: "/v1/queue",
  tag: "clusters",
  scope: "viewer",
  summary: "List everybody's jobs as the clusters show them",
  description: "From memory, as of the last poll: it costs the clusters nothing, however often it is read.",
  params: None,
  query: z.strictObject({ cluster: z.string().min(1).optional(), user: z.string().min(1).optional() }),
  body: undefined,
  result: { status: 200, json: QueueList, what: "The rows of the queues" },
  example: { query: { cluster: exampleCluster } },
});
