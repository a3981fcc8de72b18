import type { InstanceMapper } from "../provider.ts";
import type { TopologyHost } from "../topology-host.ts";
import { byAnswer, byNode, pdsh } from "./pdsh.ts";

/** What a node runs to ask the metadata service of its cloud. */
export interface MetadataCommands {
  readonly instanceId: string;
  readonly region: string;
  /** The region in what the service says, where that is more. */
  readonly toRegion?: (answer: string) => string;
}

/** Learns from the nodes themselves, over pdsh, which instances they are. */
export function metadataMapper(host: TopologyHost, commands: MetadataCommands): InstanceMapper {
  const toRegion = commands.toRegion ?? ((answer: string) => answer);
  return {
    async nodesByInstance(nodes, signal) {
      return byAnswer(await pdsh(host, commands.instanceId, nodes, signal));
    },
    async regionsByNode(nodes, signal) {
      const answers = byNode(await pdsh(host, commands.region, nodes, signal));
      return new Map([...answers].map(([node, answer]) => [node, toRegion(answer)]));
    },
  };
}
