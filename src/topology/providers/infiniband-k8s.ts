import { readSwitchSelector, switchSelectorParam } from "../infiniband/switch-selector.ts";
import type { KubernetesApi } from "../kubernetes-api.ts";
import { kubernetesNodes } from "../kubernetes-nodes.ts";
import { quoteGo } from "../names/quote-go.ts";
import { decodeParams } from "../params/decode-params.ts";
import type { ProviderKind } from "../provider.ts";
import type { TopologyHost } from "../topology-host.ts";
import { acceleratorParam, readAccelerator } from "./accelerator.ts";
import { execInDaemonSet } from "./exec-in-daemon-set.ts";
import { activePortsScript, discoverFabrics, requireOneRegion, type FabricProbe } from "./fabric-discovery.ts";
import { kubernetesDomains } from "./kubernetes-domains.ts";
import { kubernetesInstances, nodeRegion } from "./kubernetes-instances.ts";
import { nodeSelectorParam } from "./node-selector-param.ts";

const selection = { nodeSelector: nodeSelectorParam } as const;

/** InfiniBand fabrics of a Kubernetes cluster: `ibnetdiscover` runs in the Pods of the brokers, one of which is on every node. */
export const infinibandK8s: ProviderKind = {
  kind: "infiniband-k8s",
  summary:
    "InfiniBand fabrics of a Kubernetes cluster, from `ibnetdiscover` in a Pod of the node data broker (`NODE_DATA_BROKER_NAME`, `NODE_DATA_BROKER_NAMESPACE`). Tested with recorded answers, not on a fabric.",
  params: {
    ...selection,
    switchSelector: switchSelectorParam,
    accelerator: acceleratorParam(
      "Where accelerator domains are learnt from, apart from the fabric.",
      "kubernetesLabel",
      "nvidiaSmi",
    ),
  },
  creds: {},
  async open({ params }, host) {
    const selector = await readSwitchSelector(params);
    const { nodeSelector } = decodeParams(selection, params);
    const accelerator = readAccelerator(params);
    const api = await host.kubernetes();
    return {
      async visibleInstances(signal) {
        return kubernetesInstances(await kubernetesNodes(api, nodeSelector, signal), nodeRegion);
      },
      async graph({ instances }, signal) {
        requireOneRegion(instances);
        const nodes = await kubernetesNodes(api, nodeSelector, signal);
        const domains = kubernetesDomains(accelerator, nodes, instances, host);
        const root = await discoverFabrics(brokerProbe(api, host), instances, selector, host, signal);
        return { root, domains };
      },
    };
  },
};

function brokerProbe(api: KubernetesApi, { environment }: TopologyHost): FabricProbe {
  const broker = {
    name: environment["NODE_DATA_BROKER_NAME"] ?? "",
    namespace: environment["NODE_DATA_BROKER_NAMESPACE"] ?? "",
  };
  const onNode = async (node: string, command: readonly string[], signal: AbortSignal): Promise<string> => {
    const output = await execInDaemonSet(api, broker, node, command, signal);
    if (output === undefined) throw new Error(`expected 1 data broker pod on ${quoteGo(node)} node; got 0`);
    return output;
  };
  return {
    discover: (node, port, signal) =>
      onNode(node, ["ibnetdiscover", ...(port === undefined ? [] : ["-C", port.adapter, "-P", port.port])], signal),
    activePorts: (node, signal) => onNode(node, ["sh", "-c", activePortsScript], signal),
  };
}
