import type { ClusterKind } from "../cluster-kind.ts";
import { createProcessCluster } from "./process-cluster.ts";

export const processKind: ClusterKind = { kind: "process", open: createProcessCluster };
