import { kubernetesNodes } from "../kubernetes-nodes.ts";
import type { KubernetesObject } from "../kubernetes-api.ts";
import { decodeParams } from "../params/decode-params.ts";
import { trimTiersOf } from "../params/trim-tiers.ts";
import type { ProviderKind } from "../provider.ts";
import {
  crusoeOptions,
  crusoeParams,
  crusoeTopology,
  requireOneCrusoeRegion,
  type CrusoeNode,
} from "./crusoe-labels.ts";
import { identityMapper } from "./identity-mapper.ts";
import { kubernetesInstances, nodeInstance } from "./kubernetes-instances.ts";
import { liveGraph } from "./live-graph.ts";
import { nodeSelectorParam } from "./node-selector-param.ts";
import { trimTiersParam } from "./trim-tiers-param.ts";

const selection = { nodeSelector: nodeSelectorParam } as const;

/** Nodes of a Kubernetes cluster at Crusoe Cloud, whose labels tell their InfiniBand partition and their pod. */
export const crusoe: ProviderKind = {
  kind: "crusoe",
  summary: "Crusoe Cloud: InfiniBand partitions and pods, from labels of the Kubernetes Nodes.",
  params: { ...selection, trimTiers: trimTiersParam, ...crusoeParams },
  creds: {},
  async open({ params }, host) {
    const { nodeSelector } = decodeParams(selection, params);
    const trimTiers = trimTiersOf(params.get("trimTiers"));
    const options = crusoeOptions(params);
    const api = await host.kubernetes();
    return {
      instanceMapper: identityMapper,
      visibleInstances: async (signal) => kubernetesInstances(await kubernetesNodes(api, nodeSelector, signal)),
      async graph({ instances }, signal) {
        requireOneCrusoeRegion(instances);
        const nodes = await kubernetesNodes(api, nodeSelector, signal);
        const topologies = crusoeTopology(nodes.map(crusoeNode), instances, options, host.metrics);
        return liveGraph(topologies, instances, { provider: "crusoe", trimTiers }, host);
      },
    };
  },
};

function crusoeNode(node: KubernetesObject): CrusoeNode {
  return { instanceId: nodeInstance(node), labels: node.metadata?.labels ?? {} };
}
