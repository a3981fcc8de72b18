import { z } from "zod";
import { NodeList, PartitionList } from "../../schema/api-inventory.ts";
import { ClusterList, ClusterView, QueueList } from "../../schema/api-cluster.ts";
import { defineOperation } from "./operation.ts";
import { None } from "./parameters.ts";

/** The cluster of every example; the tests' gateway has it. */
export const exampleCluster = "dev";

/** A cluster by its name. */
export const ClusterParams = z.strictObject({ cluster: z.string().min(1).max(256) });

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
  params: ClusterParams,
  query: None,
  body: undefined,
  result: { status: 200, json: ClusterView, what: "The cluster" },
  example: { params: { cluster: exampleCluster } },
});

const fromMemory =
  "From memory: the cluster is asked every ten seconds at most, however many read. `asOf` says when it answered, and " +
  "`stale` whether it has been asked in vain since.";

export const listNodes = defineOperation({
  id: "listNodes",
  method: "get",
  path: "/v1/clusters/{cluster}/nodes",
  tag: "clusters",
  scope: "viewer",
  summary: "List a cluster's nodes, with what is free of each",
  description: fromMemory,
  params: ClusterParams,
  query: z.strictObject({
    partition: z.string().min(1).optional().describe("Those of this partition"),
    state: z.string().min(1).optional().describe("Those whose state or one of whose flags is this word: idle, drain"),
  }),
  body: undefined,
  result: { status: 200, json: NodeList, what: "The nodes" },
  example: { params: { cluster: exampleCluster }, query: { partition: "cpu" } },
});

export const listPartitions = defineOperation({
  id: "listPartitions",
  method: "get",
  path: "/v1/clusters/{cluster}/partitions",
  tag: "clusters",
  scope: "viewer",
  summary: "List a cluster's partitions, with their limits and what is free in each",
  description: fromMemory,
  params: ClusterParams,
  query: None,
  body: undefined,
  result: { status: 200, json: PartitionList, what: "The partitions" },
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
