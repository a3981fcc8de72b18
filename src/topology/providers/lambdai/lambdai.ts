import { z } from "zod";
import type { ComputeInstances, InstanceTopology } from "../../graph/topology-graph.ts";
import { decodeParams } from "../../params/decode-params.ts";
import type { ParamTable } from "../../params/param-table.ts";
import { trimTiersOf } from "../../params/trim-tiers.ts";
import type { ProviderKind, ProviderSettings } from "../../provider.ts";
import { retryingFetch } from "../../retrying-fetch.ts";
import { TopologyError } from "../../topology-error.ts";
import type { TopologyHost } from "../../topology-host.ts";
import { credentialIn, spellingsOf } from "../any-case.ts";
import { liveGraph } from "../live-graph.ts";
import { readReply } from "../read-reply.ts";
import { requestUrl } from "../request-url.ts";
import { requiredRegion } from "../required-region.ts";
import { seenPages } from "../seen-pages.ts";
import { trimTiersParam } from "../trim-tiers-param.ts";
import { sharedIdentity } from "./shared-identity.ts";

const urlParam = {
  url: { type: "string", doc: "Address of Lambda's API: `https://cloud.lambda.ai`.", required: true },
} as const satisfies ParamTable;

const topologyPath = "/api/v1/topology/instance";
const usualPageSize = 200;

const missingWorkspace =
  "missing 'workspaceId': supply the Lambda workspace ID in the request credentials or the credentialsPath file";
const missingToken =
  "missing 'token' credential: supply the Lambda API token in the request credentials or the credentialsPath file; " +
  "to authenticate with Kubernetes workload identity instead, the pod needs LAMBDA_IDENTITY_LRN, which " +
  "lambda-pod-identity-webhook injects when the API-server ServiceAccount carries the 'lambda.ai/identity-lrn' annotation";

/** What the API answers: a page of instances, with the token of the next one where there is one. */
const Page = z.object({
  data: z
    .array(
      z.object({
        id: z.string().nullish(),
        networkPath: z.array(z.object({ id: z.string().nullish() })).nullish(),
        nvlink: z.object({ domain_id: z.string().nullish(), clique_id: z.string().nullish() }).nullish(),
      }),
    )
    .nullish(),
  page_token: z.string().nullish(),
});
type Page = z.output<typeof Page>;

/** Where keys to the API come from. */
interface Keys {
  token(signal: AbortSignal): Promise<string>;
  /** Forgets a key that was refused; absent where there is no other to be had. */
  invalidate?(token: string): void;
}

interface LambdaClient {
  readonly url: string;
  readonly workspaceId: string;
  readonly keys: Keys;
  readonly host: TopologyHost;
}

/** Instances of Lambda Cloud: `GET /api/v1/topology/instance`, page by page. */
export const lambdai: ProviderKind = {
  kind: "lambdai",
  summary:
    "Instances of Lambda Cloud, with their network paths and NVLink domains. Tested against a server that speaks its protocol, not on Lambda itself.",
  params: { ...urlParam, trimTiers: trimTiersParam },
  creds: {
    workspaceId: "The workspace of the instances; required.",
    token: "A key to the API. Without it the identity of the pod is used (`LAMBDA_IDENTITY_LRN`).",
  },
  async open(settings, host) {
    const { params, creds } = settings;
    requireOneSpelling(params.keys(), "url", "parameters error: ", "parameter");
    const { url = "" } = decodeParams(urlParam, params, { prefix: "parameters error: " });
    if (url === "") throw new TopologyError(400, "parameters error: missing 'url'");
    for (const name of ["workspaceId", "token"]) {
      requireOneSpelling(creds.keys(), name, "credentials error: ", "credential");
    }
    const workspaceId = (credentialIn(creds, "workspaceId") ?? "").trim();
    if (workspaceId === "") throw new TopologyError(400, `credentials error: ${missingWorkspace}`);
    const keys = keysOf(settings, url, host);
    const trimTiers = trimTiersOf(params.get("trimTiers"), { prefix: "parameters error: " });
    const client = { url, workspaceId, keys, host };
    return {
      async graph({ instances, pageSize = usualPageSize }, signal) {
        const topologies: InstanceTopology[] = [];
        for (const region of instances) {
          for await (const found of regionInstances(client, region, pageSize, signal)) topologies.push(found);
        }
        return liveGraph(topologies, instances, { provider: "lambdai", trimTiers }, host);
      },
    };
  },
};

/**
 * A token that is given is the one that is used, also where the pod has an identity of its own: otherwise a request would
 * be answered for another principal than it names. Its presence counts, for a blank one is a mistake to be told.
 */
function keysOf({ creds }: ProviderSettings, url: string, host: TopologyHost): Keys {
  const token = credentialIn(creds, "token");
  const { LAMBDA_IDENTITY_LRN, LAMBDA_ROLE_LRN, LAMBDA_WORKLOAD_IDENTITY_TOKEN_FILE } = host.environment;
  const identityLrn = [LAMBDA_IDENTITY_LRN, LAMBDA_ROLE_LRN].find((lrn) => lrn !== undefined && lrn !== "");
  if (token === undefined) {
    if (identityLrn === undefined) throw new TopologyError(400, `credentials error: ${missingToken}`);
    host.log("info", `Lambda: using the identity of this pod, ${identityLrn}`);
    return sharedIdentity(host, { baseUrl: url, identityLrn, tokenPath: LAMBDA_WORKLOAD_IDENTITY_TOKEN_FILE });
  }
  if (token.trim() === "") {
    const hint = identityLrn === undefined ? "" : "; omit it entirely to use the pod's workload identity";
    throw new TopologyError(400, `credentials error: empty 'token' credential${hint}`);
  }
  const others = identityLrn === undefined ? "" : `, and not the identity of this pod, ${identityLrn}`;
  host.log("info", `Lambda: using the token that was given${others}`);
  return { token: async () => token };
}

/** Two spellings of one name would leave it to chance which of them counts. */
function requireOneSpelling(keys: Iterable<string>, name: string, prefix: string, what: string): void {
  const spellings = spellingsOf(name, keys);
  if (spellings.length > 1) {
    throw new TopologyError(400, `${prefix}ambiguous '${name}' ${what}: ${spellings.join(", ")}`);
  }
}

async function* regionInstances(
  client: LambdaClient,
  instances: ComputeInstances,
  pageSize: number,
  signal: AbortSignal,
): AsyncGenerator<InstanceTopology> {
  const region = requiredRegion(instances);
  const noteToken = seenPages("InstanceList");
  for (let pageToken = ""; ;) {
    const page = await fetchPage(client, { region, pageSize, pageToken }, noteToken, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      throw new TopologyError(502, `failed to get instance list: ${reason}`, { cause: error });
    });
    for (const instance of page.data ?? []) yield toTopology(instance, client.host);
    pageToken = page.page_token ?? "";
    if (pageToken === "") return;
  }
}

interface PageRequest {
  readonly region: string;
  readonly pageSize: number;
  readonly pageToken: string;
}

async function fetchPage(
  client: LambdaClient,
  request: PageRequest,
  noteToken: (token: string) => void,
  signal: AbortSignal,
): Promise<Page> {
  const { keys } = client;
  const key = await keys.token(signal);
  const reply = await send(client, request, key, signal).catch(async (error: unknown) => {
    // A short-lived key may have been withdrawn; one more try with another.
    if (keys.invalidate === undefined || !(error instanceof TopologyError) || error.status !== 401) throw error;
    keys.invalidate(key);
    return send(client, request, await keys.token(signal), signal);
  });
  const page = readReply(Page, reply);
  if (page.page_token !== undefined && page.page_token !== null && page.page_token !== "") noteToken(page.page_token);
  return page;
}

async function send(
  { url, workspaceId, host }: LambdaClient,
  { region, pageSize, pageToken }: PageRequest,
  key: string,
  signal: AbortSignal,
): Promise<string> {
  const query = {
    workspace_id: workspaceId,
    region,
    ...(pageSize > 0 && { page_size: String(pageSize) }),
    ...(pageToken !== "" && { page_token: pageToken }),
  };
  const request = { url: requestUrl(url, [topologyPath], query), headers: { authorization: `Bearer ${key}` } };
  const { body } = await retryingFetch(request, signal, { log: (message) => host.log("warning", message) });
  return body;
}

function toTopology(
  { id, networkPath, nvlink }: NonNullable<Page["data"]>[number],
  host: TopologyHost,
): InstanceTopology {
  const topology = { instanceId: id ?? "", tiers: (networkPath ?? []).map((hop) => hop.id ?? "") };
  if (nvlink === undefined || nvlink === null) return topology;
  const [domain, clique] = [nvlink.domain_id ?? "", nvlink.clique_id ?? ""];
  if (domain !== "" && clique !== "") return { ...topology, domain: `${domain}.${clique}` };
  host.log("warning", `Lambda: the NVLink domain of instance ${topology.instanceId} is not complete`);
  return topology;
}
