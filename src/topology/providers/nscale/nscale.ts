import { z } from "zod";
import type { ComputeInstances, InstanceTopology } from "../../graph/topology-graph.ts";
import { decodeParams } from "../../params/decode-params.ts";
import { goText, goTypeOf } from "../../params/go-value.ts";
import type { ParamTable } from "../../params/param-table.ts";
import type { ParamMap } from "../../params/param-value.ts";
import type { ProviderKind } from "../../provider.ts";
import { retryingFetch } from "../../retrying-fetch.ts";
import { TopologyError } from "../../topology-error.ts";
import type { TopologyHost } from "../../topology-host.ts";
import { credentialIn } from "../any-case.ts";
import { liveGraph } from "../live-graph.ts";
import { readReply } from "../read-reply.ts";
import { requestUrl } from "../request-url.ts";
import { requiredRegion } from "../required-region.ts";
import { trimTiersParam } from "../trim-tiers-param.ts";
import { instanceApiMapper } from "./instance-api.ts";
import { metadataMapper, usualMetadataUrl } from "./metadata.ts";

const params = {
  radarApiUrl: { type: "string", doc: "Address of the Radar API, which knows the topology.", required: true },
  imdsUrl: {
    type: "string",
    doc: "Where a node is told who it is; asked over pdsh when the engine finds the nodes.",
    shownDefault: usualMetadataUrl,
  },
  instanceApiUrl: {
    type: "string",
    doc: "Address of the instance API: names of instances are asked there and not of the nodes, and Radar is asked in its version 1.",
  },
  trimTiers: trimTiersParam,
} as const satisfies ParamTable;

const usualPageSize = 100;

const Instance = z.object({
  /** Version 2 of the API. */
  server_id: z.string().nullish(),
  /** Version 1. */
  instance_id: z.string().nullish(),
  network_node_path: z.array(z.string()).nullish(),
  block_id: z.string().nullish(),
});

/** Version 1 answers with a list, version 2 with an object that holds one. */
const Page = z.union([z.array(Instance).nullable(), z.object({ results: z.array(Instance).nullish() })]);

export interface NscaleClient {
  readonly radarApiUrl: string;
  readonly version: "v1" | "v2";
  readonly org: string;
  readonly token: string;
  readonly host: TopologyHost;
}

/** Servers of Nscale: the Radar API's list, page by page. */
export const nscale: ProviderKind = {
  kind: "nscale",
  summary:
    "Servers of Nscale, with their network paths and blocks, from the Radar API. Tested against a server that speaks its protocol, not on Nscale itself.",
  params,
  creds: {
    org: "The organisation; required.",
    token: "A token for the APIs; required.",
    region: "Where given, nodes that say they are in another region are left out.",
  },
  async open({ creds, params: given }, host) {
    const decoded = decodeParams(params, given, { prefix: "failed to decode params: " });
    const { radarApiUrl = "", instanceApiUrl = "", trimTiers = 0 } = decoded;
    if (radarApiUrl === "") throw new TopologyError(400, "missing 'radarApiUrl'");
    const url = metadataUrlOf(given);
    const [org, token, region] = [required("org"), required("token"), credentialIn(creds, "region") ?? ""];
    const client: NscaleClient = { radarApiUrl, version: instanceApiUrl === "" ? "v2" : "v1", org, token, host };
    return {
      instanceMapper:
        instanceApiUrl === ""
          ? metadataMapper(host, { url, region })
          : instanceApiMapper(host, { instanceApiUrl, org, token, region }),
      async graph({ instances, pageSize = usualPageSize }, signal) {
        const topologies: InstanceTopology[] = [];
        for (const part of instances) {
          for await (const found of regionInstances(client, part, pageSize, signal)) topologies.push(found);
        }
        return liveGraph(topologies, instances, { provider: "nscale", trimTiers }, host);
      },
    };

    function required(name: string): string {
      const value = credentialIn(creds, name) ?? "";
      if (value === "") throw new TopologyError(400, `missing '${name}'`);
      return value;
    }
  },
};

function metadataUrlOf(given: ParamMap): string {
  const url = given.get("imdsUrl") ?? "";
  if (typeof url !== "string") {
    throw new TopologyError(400, `invalid 'imdsUrl' value '${goText(url)}': unsupported type ${goTypeOf(url)}`);
  }
  if (url === "") return usualMetadataUrl;
  // Nodes hand it to curl, which would read their files too.
  if (!/^https?:\/\//.test(url)) {
    throw new TopologyError(400, `invalid 'imdsUrl' value '${url}': must be an address of http or https`);
  }
  return url;
}

async function* regionInstances(
  client: NscaleClient,
  instances: ComputeInstances,
  pageSize: number,
  signal: AbortSignal,
): AsyncGenerator<InstanceTopology> {
  const region = requiredRegion(instances);
  const seen = new Set<string>();
  for (let offset = 0; ;) {
    const page = await fetchPage(client, { region, pageSize, offset }, signal);
    if (page.length === 0) return;
    const known = seen.size;
    for (const topology of page) {
      seen.add(topology.instanceId);
      yield topology;
    }
    // A server that does not heed the offset would be asked for ever.
    if (seen.size === known) throw new TopologyError(502, `the page at offset ${offset} repeats earlier ones`);
    offset += page.length;
  }
}

async function fetchPage(
  { radarApiUrl, version, org, token, host }: NscaleClient,
  { region, pageSize, offset }: { readonly region: string; readonly pageSize: number; readonly offset: number },
  signal: AbortSignal,
): Promise<readonly InstanceTopology[]> {
  const query = { limit: String(pageSize), offset: String(offset) };
  const request = {
    url: requestUrl(radarApiUrl, [version, "topology"], query),
    headers: { authorization: `Bearer ${token}`, "x-organization": org, "x-region": region },
  };
  const { body } = await retryingFetch(request, signal, { log: (message) => host.log("warning", message) });
  const page = readReply(Page, body);
  const servers = Array.isArray(page) ? page : (page?.results ?? []);
  return servers.map(({ server_id, instance_id, network_node_path, block_id }) => ({
    instanceId: server_id ?? instance_id ?? "",
    tiers: (network_node_path ?? []).toReversed(),
    ...(typeof block_id === "string" && block_id !== "" && { domain: block_id }),
  }));
}
