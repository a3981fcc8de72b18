import type { TopologyGraph, Vertex } from "../graph/topology-graph.ts";
import { fabricTrees } from "../infiniband/fabric-tree.ts";
import { connectedHosts, isIbnetdiscoverText, parseIbnetdiscover } from "../infiniband/ibnetdiscover.ts";
import { readSwitchSelector, switchSelectorParam } from "../infiniband/switch-selector.ts";
import type { GraphRequest, ProviderKind } from "../provider.ts";
import { TopologyError } from "../topology-error.ts";
import type { TopologyHost } from "../topology-host.ts";
import { identityMapper, localRegion } from "./identity-mapper.ts";

/** What `ibnetdiscover` prints of the largest fabrics is a tenth of this. */
const mostBytes = 256 * 1024 * 1024;

/** An InfiniBand fabric as one capture of `ibnetdiscover` shows it; hosts are nodes by the names in their adapters' descriptions. */
export const infinibandSim: ProviderKind = {
  kind: "infiniband-sim",
  summary: "An InfiniBand fabric, simulated: read from a file that `ibnetdiscover` has written.",
  params: {
    ibnetdiscoverFileName: { type: "string", doc: "The path of the file.", required: true },
    switchSelector: {
      ...switchSelectorParam,
      doc: "Which switches count, by regular expressions (RE2) on their names.",
    },
  },
  creds: {},
  async open({ params }, host, signal) {
    if (params.has("modelFileName")) {
      const reason = "provider.params.modelFileName is not supported by infiniband-sim; use ibnetdiscoverFileName";
      throw new TopologyError(400, reason);
    }
    const selector = await readSwitchSelector(params);
    const fileName = params.get("ibnetdiscoverFileName");
    if (typeof fileName !== "string" || fileName.trim() === "") {
      throw new TopologyError(400, "provider.params.ibnetdiscoverFileName must be a non-empty file path");
    }
    const text = await readCapture(fileName, host, signal);
    if (!isIbnetdiscoverText(text)) throw new TopologyError(400, "ibnetdiscover output has no topology header");
    const fabric = parseIbnetdiscover(text);
    if (fabric.switches.size === 0 || fabric.adapters.size === 0) {
      throw new TopologyError(400, "ibnetdiscover output has no switches or named hosts");
    }
    const hosts = connectedHosts(fabric);
    if (hosts.size === 0) {
      throw new TopologyError(400, "ibnetdiscover output has no named hosts connected to switches");
    }
    return {
      instanceMapper: identityMapper,
      computeInstances: async () => [
        { region: localRegion, instances: new Map(Array.from(hosts, (name) => [name, name])) },
      ],
      graph: async ({ instances }) => {
        const roots = fabricTrees(fabric, requestedHosts(instances), selector);
        if (selector !== undefined && roots.length === 0) {
          throw new TopologyError(500, "switchSelector matched no usable InfiniBand topology");
        }
        return graphOf(roots);
      },
    };
  },
};

async function readCapture(fileName: string, { runner }: TopologyHost, signal: AbortSignal): Promise<string> {
  const failed = (reason: string, cause?: unknown) =>
    new TopologyError(400, `failed to read ibnetdiscover output: ${reason}`, { cause });
  let found;
  try {
    found = await runner.readFile(fileName, { offset: 0, maxBytes: mostBytes }, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw failed(error instanceof Error ? error.message : String(error), error);
  }
  if (found === undefined) throw failed(`open ${fileName}: no such file or directory`);
  if (found.size > mostBytes) throw failed(`${fileName} has more than ${mostBytes} bytes`);
  return new TextDecoder().decode(found.bytes);
}

function requestedHosts(request: GraphRequest["instances"]): ReadonlySet<string> {
  if (request.length > 1) throw new TopologyError(400, "on-prem does not support multi-region topology requests");
  return new Set(request[0]?.instances.values());
}

/** Nothing is known of accelerators, which is not the same as that there are none to be known. */
function graphOf(roots: readonly Vertex[]): TopologyGraph {
  return {
    root: { id: "", name: "", children: new Map(roots.map((root) => [root.id, root])) },
    domains: new Map(),
  };
}
