import type { ComputeInstances, DomainHost, DomainMap } from "../graph/topology-graph.ts";
import { readSwitchSelector, switchSelectorParam } from "../infiniband/switch-selector.ts";
import { quoteGo } from "../names/quote-go.ts";
import type { ProviderKind } from "../provider.ts";
import { TopologyError } from "../topology-error.ts";
import type { TopologyHost } from "../topology-host.ts";
import { acceleratorParam, readAccelerator, type AcceleratorConfig } from "./accelerator.ts";
import { domainMap } from "./domain-map.ts";
import { activePortsScript, discoverFabrics, requireOneRegion, type FabricProbe } from "./fabric-discovery.ts";
import { identityMapper } from "./identity-mapper.ts";
import { nodeLines } from "./node-lines.ts";
import { nvidiaSmiCommand, nvlinkDomain } from "./nvidia-smi.ts";
import { pdsh } from "./pdsh.ts";

/** InfiniBand fabrics as the nodes themselves see them: pdsh must reach them, and sudo let `ibnetdiscover` run there. */
export const infinibandBm: ProviderKind = {
  kind: "infiniband-bm",
  summary:
    "InfiniBand fabrics of machines that pdsh reaches, from `sudo ibnetdiscover` on one node of each. Tested with recorded answers, not on a fabric.",
  params: {
    switchSelector: switchSelectorParam,
    accelerator: acceleratorParam(
      "Where accelerator domains are learnt from, apart from the fabric; without Kubernetes there is no `kubernetes-label`.",
    ),
  },
  creds: {},
  async open({ params }, host) {
    const selector = await readSwitchSelector(params);
    const accelerator = readAccelerator(params);
    if (accelerator.source === "kubernetes-label") {
      throw new TopologyError(400, `accelerator source "kubernetes-label" is not supported by command discovery`);
    }
    return {
      instanceMapper: identityMapper,
      async graph({ instances }, signal) {
        requireOneRegion(instances);
        const domains = await nodeDomains(host, accelerator, instances, signal);
        const root = await discoverFabrics(pdshProbe(host), instances, selector, host, signal);
        return { root, domains };
      },
    };
  },
};

function pdshProbe(host: TopologyHost): FabricProbe {
  const onNode = (node: string, command: string, signal: AbortSignal): Promise<string> =>
    pdsh(host, command, [node], signal, { bare: true });
  return {
    discover(node, port, signal) {
      const through = port === undefined ? "" : ` -C ${port.adapter} -P ${port.port}`;
      return onNode(node, `sudo ibnetdiscover${through}`, signal);
    },
    activePorts: (node, signal) => onNode(node, `sudo sh -c '${activePortsScript}'`, signal),
  };
}

/** NVLink domains from `nvidia-smi` on every node; nodes that print nothing have none. */
async function nodeDomains(
  host: TopologyHost,
  { source }: AcceleratorConfig,
  instances: readonly ComputeInstances[],
  signal: AbortSignal,
): Promise<DomainMap> {
  const hosts = instances.flatMap((region) => [...region.instances]);
  if (source !== "nvidia-smi" || hosts.length === 0) return new Map();
  const nodes = hosts.map(([, nodeName]) => nodeName);
  const output = await pdsh(host, nvidiaSmiCommand.join(" "), nodes, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    const status = error instanceof TopologyError ? error.status : 500;
    throw new TopologyError(status, `${failure}: failed to query NVL partition IDs: ${reason}`, { cause: error });
  });
  const lines = nodeLines(output);
  const found: DomainHost[] = [];
  for (const [instanceId, nodeName] of hosts) {
    const said = (lines.get(nodeName) ?? []).filter((line) => line !== "");
    if (said.length > 0) found.push({ domain: domainOf(nodeName, said.join("\n")), instanceId, nodeName });
  }
  return domainMap(found);
}

const failure = "failed to discover accelerator domains";

function domainOf(nodeName: string, output: string): string {
  try {
    return nvlinkDomain(output);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TopologyError(500, `${failure}: invalid nvidia-smi output for node ${quoteGo(nodeName)}: ${reason}`);
  }
}
