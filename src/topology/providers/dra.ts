import { quoteGo } from "../names/quote-go.ts";
import { kubernetesNodes, instanceAnnotation, regionAnnotation } from "../kubernetes-nodes.ts";
import { decodeParams } from "../params/decode-params.ts";
import type { ParamMap } from "../params/param-value.ts";
import type { ProviderKind } from "../provider.ts";
import { TopologyError } from "../topology-error.ts";
import { acceleratorParam, labelledAccelerator, readAccelerator, type AcceleratorConfig } from "./accelerator.ts";
import { kubernetesDomains } from "./kubernetes-domains.ts";
import { kubernetesInstances, nodeRegion } from "./kubernetes-instances.ts";
import { nodeSelectorParam } from "./node-selector-param.ts";

/** The label that NVIDIA's GPU Feature Discovery gives to Nodes: cluster and clique of their NVLink fabric. */
const usualLabel = "nvidia.com/gpu.clique";

const selection = { nodeSelector: nodeSelectorParam } as const;

/** NVLink domains as labels of Nodes tell them; there is no tree. */
export const dra: ProviderKind = {
  kind: "dra",
  summary: "NVLink domains from a label of Kubernetes Nodes, without a tree of switches.",
  params: {
    ...selection,
    accelerator: {
      ...acceleratorParam(
        "Only the source `kubernetes-label`, to read the domains from another label.",
        "kubernetesLabel",
      ),
      shownDefault: usualLabel,
    },
  },
  creds: {},
  async open({ params }, host) {
    const { nodeSelector } = decodeParams(selection, params);
    const accelerator = readDraAccelerator(params);
    const api = await host.kubernetes();
    return {
      async visibleInstances(signal) {
        return kubernetesInstances(await kubernetesNodes(api, nodeSelector, signal), nodeRegion);
      },
      async graph({ instances }, signal) {
        const nodes = await kubernetesNodes(api, nodeSelector, signal);
        const domains = kubernetesDomains(accelerator, nodes, instances, host);
        if (domains.size > 0) return { domains };
        const annotations = `${quoteGo(regionAnnotation)} and ${quoteGo(instanceAnnotation)}`;
        throw new TopologyError(
          502,
          `no matching nodes found; check label ${quoteGo(accelerator.labelKey)} and annotations ${annotations}`,
        );
      },
    };
  },
};

function readDraAccelerator(params: ParamMap): AcceleratorConfig {
  if (!params.has("accelerator")) return labelledAccelerator(usualLabel);
  const accelerator = readAccelerator(params);
  if (accelerator.source === "kubernetes-label") return accelerator;
  throw new TopologyError(400, `dra provider supports only accelerator source "kubernetes-label"`);
}
