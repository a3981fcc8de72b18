import { z } from "zod";
import type { ComputeInstances, InstanceTopology } from "../graph/topology-graph.ts";
import { trimTiersOf } from "../params/trim-tiers.ts";
import type { InstanceMapper, ProviderKind } from "../provider.ts";
import { TopologyError } from "../topology-error.ts";
import type { TopologyHost } from "../topology-host.ts";
import { identityMapper } from "./identity-mapper.ts";
import { liveGraph } from "./live-graph.ts";
import { nodeLines } from "./node-lines.ts";
import { pdsh } from "./pdsh.ts";
import { trimTiersParam } from "./trim-tiers-param.ts";

/** The metadata service of Oracle Cloud, version 2, as an instance reaches it. */
const metadataUrl = "http://169.254.169.254/opc/v2";

const Place = z.object({
  customerLocalBlock: z.string().nullish(),
  customerNetworkBlock: z.string().nullish(),
  customerHPCIslandId: z.string().nullish(),
  customerGpuMemoryFabric: z.string().nullish(),
});
type Place = z.output<typeof Place>;

/** Instances of Oracle Cloud, asked one and all where they stand: no credentials, but ssh to the nodes. */
export const ociImds: ProviderKind = {
  kind: "oci-imds",
  summary:
    "Instances of Oracle Cloud, from the metadata service of each node, which is asked over pdsh. Tested with recorded answers, not on Oracle Cloud itself.",
  params: { trimTiers: trimTiersParam },
  creds: {},
  async open({ params }, host) {
    const trimTiers = trimTiersOf(params.get("trimTiers"), { prefix: "parameters error: " });
    return {
      instanceMapper: mapper(host),
      async graph({ instances }, signal) {
        const topologies: InstanceTopology[] = [];
        for (const region of instances) {
          for (const found of await regionInstances(host, region, signal)) topologies.push(found);
        }
        // Dashboards know what is missing here by the name of the other provider for this cloud.
        return liveGraph(topologies, instances, { provider: "oci", trimTiers, normalise: true }, host);
      },
    };
  },
};

/** What a node runs to ask its metadata service; the reply is put on one line. */
function metadataCommand(path: string): string {
  return `echo $(curl -s -H "Authorization: Bearer Oracle" -L ${metadataUrl}${path})`;
}

function mapper(host: TopologyHost): InstanceMapper {
  return {
    ...identityMapper,
    async regionsByNode(nodes, signal) {
      if (nodes.length === 0) return new Map();
      const answers = nodeLines(await pdsh(host, metadataCommand("/instance/region"), nodes, signal));
      return new Map([...answers].flatMap(([node, [region = ""]]) => (region === "" ? [] : [[node, region]])));
    },
  };
}

async function regionInstances(
  host: TopologyHost,
  { instances }: ComputeInstances,
  signal: AbortSignal,
): Promise<readonly InstanceTopology[]> {
  if (instances.size === 0) return [];
  const nodes = [...instances.values()];
  const output = await pdsh(host, metadataCommand("/host/rdmaTopologyData"), nodes, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    const status = error instanceof TopologyError ? error.status : 500;
    throw new TopologyError(status, `failed to get node topology: ${reason}`, { cause: error });
  });
  const places = new Map<string, Place>();
  for (const [node, lines] of nodeLines(output)) {
    const place = readPlace(lines.join(" "));
    if (place === undefined) host.log("warning", `OCI: what node ${node} says of its place cannot be read`);
    else places.set(node, place);
  }
  return [...instances].flatMap(([instanceId, node]) => {
    const place = places.get(node);
    return place === undefined ? [] : [toTopology(instanceId, place)];
  });
}

function readPlace(text: string): Place | undefined {
  try {
    return Place.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function toTopology(instanceId: string, place: Place): InstanceTopology {
  const { customerLocalBlock, customerNetworkBlock, customerHPCIslandId, customerGpuMemoryFabric: fabric } = place;
  const tiers = [customerLocalBlock, customerNetworkBlock, customerHPCIslandId].map((tier) => tier ?? "");
  return { instanceId, tiers, ...(typeof fabric === "string" && fabric !== "" && { domain: fabric }) };
}
