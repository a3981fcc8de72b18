import type { InstanceMapper } from "../provider.ts";

/** The region of machines that stand where no regions are told apart. */
export const localRegion = "local";

/** For machines whose instance is known by the name of the node, all in one place. */
export const identityMapper: InstanceMapper = {
  nodesByInstance: async (nodes) => new Map(nodes.map((node) => [node, node])),
  regionsByNode: async (nodes) => new Map(nodes.map((node) => [node, localRegion])),
};
