import type { ClusterKind } from "../cluster-kind.ts";
import { createProcessCluster, processCapabilities } from "./process-cluster.ts";

export const processKind: ClusterKind = {
  kind: "process",
  capabilities: processCapabilities,
  open: createProcessCluster,
};
