import type { ClusterKind } from "../cluster-kind.ts";
import { createSlurmCluster } from "./slurm-cluster.ts";

export const slurmKind: ClusterKind = { kind: "slurm", open: createSlurmCluster };
