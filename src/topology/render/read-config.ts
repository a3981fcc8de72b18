import { compareBytes } from "../names/compare-bytes.ts";
import { quoteGo } from "../names/quote-go.ts";
import type { Decoded } from "../params/param-table.ts";
import { TopologyError } from "../topology-error.ts";
import { compileBlockNames } from "./block-names.ts";
import { validateBlockSizes } from "./block-sizes.ts";
import type { partitionTopologyParams, slurmOutputParams } from "./output-params.ts";
import { parsePartitionNodes } from "./partition-nodes.ts";
import { flatPlugin, type BlockNameRule, type PartitionTopology, type RenderConfig } from "./render-config.ts";

export type SlurmOutputParams = Decoded<typeof slurmOutputParams>;
export type PartitionTopologyParams = Decoded<typeof partitionTopologyParams>;

/**
 * Checks the parameters of an engine that writes for Slurm and finds the nodes of each topology, in the order of their
 * names. `showPartition` answers with what `scontrol show partition NAME` prints. Throws `TopologyError`: 400 for
 * parameters, 500 for partitions without nodes; what `showPartition` throws goes through.
 */
export async function readRenderConfig(
  params: SlurmOutputParams,
  topologies: ReadonlyMap<string, PartitionTopologyParams | null> | undefined,
  showPartition: (partition: string) => Promise<string>,
): Promise<RenderConfig> {
  const blocks = await readBlockParams(params, "");
  const read = new Map<string, PartitionTopology>();
  for (const [name, entry] of [...(topologies ?? [])].toSorted(([a], [b]) => compareBytes(a, b))) {
    const where = `topology ${quoteGo(name)}: `;
    if (entry === null) throw new TopologyError(400, `${where}nil entry`);
    const ownBlocks = await readBlockParams(entry, where);
    const plugin = entry.plugin ?? "";
    const clusterDefault = entry.clusterDefault ?? false;
    const nodes = entry.nodes ?? (await findNodes(plugin, clusterDefault, entry.partition ?? "", showPartition));
    read.set(name, { plugin, clusterDefault, nodes, ...ownBlocks });
  }
  return { plugin: params.plugin ?? "", ...blocks, topologies: read, compress: params.compress ?? true };
}

interface BlockParams {
  readonly blockSizes: readonly number[];
  readonly blockName?: BlockNameRule;
}

async function readBlockParams(
  { blockSizes = [], blockName }: Pick<PartitionTopologyParams, "blockSizes" | "blockName">,
  where: string,
): Promise<BlockParams> {
  validateBlockSizes(blockSizes, where);
  if (blockName === undefined) return { blockSizes };
  const rule = { nodeNameRegexp: blockName.nodeNameRegexp ?? "", format: blockName.format ?? "" };
  await compileBlockNames(rule, where);
  return { blockSizes, blockName: rule };
}

async function findNodes(
  plugin: string,
  clusterDefault: boolean,
  partition: string,
  showPartition: (partition: string) => Promise<string>,
): Promise<readonly string[]> {
  // The default that is flat takes all nodes that there are.
  if (plugin === flatPlugin && clusterDefault && partition === "") return [];
  if (partition === "") throw new TopologyError(500, "missing partition name");
  // scontrol would take it for an option.
  if (partition.startsWith("-")) throw new TopologyError(400, `partition ${quoteGo(partition)} begins with a dash`);
  return parsePartitionNodes(partition, await showPartition(partition));
}
