import type { ClusterKind } from "../cluster-kind.ts";
import { createSlurmCluster, slurmCapabilities } from "./slurm-cluster.ts";

export const slurmKind: ClusterKind = {
  kind: "slurm",
  capabilities: slurmCapabilities,
  open: createSlurmCluster,
};
