import { z } from "zod";
import type { ComputeInstances, DomainMap, TopologyGraph, Vertex } from "../graph/topology-graph.ts";
import { decodeParams } from "../params/decode-params.ts";
import type { ParamTable } from "../params/param-table.ts";
import type { ProviderKind } from "../provider.ts";
import { retryingFetch } from "../retrying-fetch.ts";
import { TopologyError } from "../topology-error.ts";
import type { TopologyHost } from "../topology-host.ts";
import { domainMap } from "./domain-map.ts";
import { identityMapper } from "./identity-mapper.ts";
import { netqTrees } from "./netq-graph.ts";
import { readReply } from "./read-reply.ts";
import { requestUrl } from "./request-url.ts";

const params = {
  apiUrl: {
    type: "string",
    doc: "Address of the NetQ server: `https://netq.example.com`. Any certificate is taken.",
    required: true,
  },
} as const satisfies ParamTable;

const loginPath = "api/netq/auth/v1/login";
const premisesPath = "api/netq/auth/v1/select/opid";
const topologyPath = "api/netq/telemetry/v1/object/topologygraph/fetch-topology";
const computeNodesPath = "nmx/v1/compute-nodes";

const AuthReply = z.object({
  access_token: z.string().nullish(),
  premises: z
    .array(
      z.object({
        config_key_viewed: z.boolean().nullish(),
        name: z.string().nullish(),
        opid: z.int().nullish(),
      }),
    )
    .nullish(),
});

const ComputeNodes = z.array(z.object({ Name: z.string().nullish(), DomainUUID: z.string().nullish() })).nullable();

interface NetqClient {
  readonly apiUrl: string;
  readonly username: string;
  readonly password: string;
  readonly host: TopologyHost;
}

/** Ethernet fabrics as NVIDIA NetQ sees them, and NVLink domains as NMX does, which stands behind the same address. */
export const netq: ProviderKind = {
  kind: "netq",
  summary:
    "Ethernet fabrics (Spectrum-X) from NVIDIA NetQ, and NVLink domains from NMX. Tested against a server that speaks their protocols, not on NetQ itself.",
  params,
  creds: {
    username: "A user of NetQ who may read the topology of its premises.",
    password: "The user's password.",
  },
  async open({ creds, params: given }, host) {
    const { apiUrl = "" } = decodeParams(params, given, { prefix: "failed to decode params: " });
    if (apiUrl === "") throw new TopologyError(400, "apiUrl not provided");
    const client = { apiUrl, username: credential("username"), password: credential("password"), host };
    return {
      instanceMapper: identityMapper,
      graph: ({ instances }, signal) => netqGraph(client, instances, signal),
    };

    function credential(name: string): string {
      const value = creds.get(name);
      if (value === undefined) throw new TopologyError(400, `missing '${name}'`);
      return value;
    }
  },
};

async function netqGraph(
  client: NetqClient,
  instances: readonly ComputeInstances[],
  signal: AbortSignal,
): Promise<TopologyGraph> {
  const names = new Set(instances.flatMap((region) => [...region.instances.values()]));
  const root = { id: "", name: "", children: await networkTrees(client, names, signal) };
  const domains = await nvlinkDomains(client, names, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    client.host.log("warning", `NVLink domains are not known, for NMX failed: ${reason}`);
    return undefined;
  });
  return { root, ...(domains !== undefined && { domains }) };
}

/** Logs in, and asks for the topology of each of the user's premises. */
async function networkTrees(
  client: NetqClient,
  names: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Vertex>> {
  const { username, password, host } = client;
  const login = await send(client, signal, {
    method: "POST",
    paths: [loginPath],
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ username, password }),
  });
  if (login === "") throw new TopologyError(401, "failed to login to NetQ server");
  const { access_token: token, premises } = readReply(AuthReply, login, "failed to parse access token: ");
  const roots = new Map<string, Vertex>();
  for (const { config_key_viewed: isViewed, name, opid } of premises ?? []) {
    if (isViewed !== true) continue;
    host.log("info", `NetQ: reading the topology of premises ${name ?? ""} (OPID ${opid ?? 0})`);
    const reply = await premisesTopology(client, token ?? "", opid ?? 0, signal);
    const trees = netqTrees(reply, names, (message) => host.log("warning", `NetQ: ${message}`));
    for (const tree of trees) roots.set(tree.id, tree);
  }
  if (roots.size === 0) throw new TopologyError(502, "no topology available from the provided premises");
  return roots;
}

async function premisesTopology(client: NetqClient, token: string, opid: number, signal: AbortSignal): Promise<string> {
  const selected = await send(client, signal, {
    paths: [premisesPath, String(opid)],
    headers: { authorization: `Bearer ${token}` },
  });
  if (selected === "") throw new TopologyError(502, "failed to set NetQ OpID");
  const { access_token: ownToken } = readReply(AuthReply, selected, "failed to parse access token: ");
  return send(client, signal, {
    method: "POST",
    paths: [topologyPath],
    query: { timestamp: "0" },
    headers: { "content-type": "application/json", authorization: `Bearer ${ownToken ?? ""}` },
    body: JSON.stringify({ filters: [], subgroupNestingDepth: 2 }),
  });
}

async function nvlinkDomains(client: NetqClient, names: ReadonlySet<string>, signal: AbortSignal): Promise<DomainMap> {
  const basic = Buffer.from(`${client.username}:${client.password}`).toString("base64");
  const reply = await send(client, signal, { paths: [computeNodesPath], headers: { authorization: `Basic ${basic}` } });
  const nodes = readReply(ComputeNodes, reply, "nmx output read failed: ") ?? [];
  return domainMap(
    nodes.flatMap(({ Name: name, DomainUUID: domain }) =>
      typeof name === "string" && names.has(name) ? [{ domain: domain ?? "", instanceId: name, nodeName: name }] : [],
    ),
  );
}

async function send(
  { apiUrl, password, host }: NetqClient,
  signal: AbortSignal,
  {
    paths,
    query,
    ...request
  }: {
    readonly method?: string;
    readonly paths: readonly string[];
    readonly query?: Readonly<Record<string, string>>;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
  },
): Promise<string> {
  const url = requestUrl(apiUrl, paths, query);
  // NetQ is an appliance, which is mostly reached by its address and has a certificate of its own making.
  const { body } = await retryingFetch({ ...request, url, secrets: [password], insecureTls: true }, signal, {
    log: (message) => host.log("warning", message),
  });
  return body;
}
