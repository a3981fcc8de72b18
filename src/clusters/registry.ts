import { registry } from "../registry.ts";
import type { Capability } from "../jobs/cluster.ts";
import type { ClusterKind } from "./cluster-kind.ts";
import { mockKind } from "./mock/kind.ts";
import { processKind } from "./process/kind.ts";
import { slurmKind } from "./slurm/kind.ts";
import { slurmRestKind } from "./slurm/rest/kind.ts";

/** The kinds of cluster that jobs can be sent to. */
export const clusterKinds = registry<ClusterKind>("cluster kind", [slurmKind, slurmRestKind, processKind, mockKind]);

/** What clusters of a kind can do. */
export function capabilitiesOf(kind: string): readonly Capability[] {
  return [...clusterKinds.get(kind).capabilities];
}
