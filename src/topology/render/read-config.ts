import type { Decoded } from "../params/param-table.ts";
import type { partitionTopologyParams, slurmOutputParams } from "./output-params.ts";
import type { RenderConfig } from "./render-config.ts";

export type SlurmOutputParams = Decoded<typeof slurmOutputParams>;
export type PartitionTopologyParams = Decoded<typeof partitionTopologyParams>;

/**
 * Checks the parameters of an engine that writes for Slurm and finds the nodes of each topology. `showPartition` answers
 * with what `scontrol show partition NAME` prints. Throws `TopologyError`: 400 for parameters, 500 for partitions
 * without nodes; what `showPartition` throws goes through.
 */
export async function readRenderConfig(
  params: SlurmOutputParams,
  topologies: ReadonlyMap<string, PartitionTopologyParams | null> | undefined,
  showPartition: (partition: string) => Promise<string>,
): Promise<RenderConfig> {
  void params;
  void topologies;
  void showPartition;
  return await Promise.reject(new Error("not written yet"));
}
