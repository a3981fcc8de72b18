import { type Clock, systemClock } from "../../../jobs/clock.ts";
import type { ComputeInstances, InstanceTopology } from "../../graph/topology-graph.ts";
import { trimTiersOf } from "../../params/trim-tiers.ts";
import type { Provider, ProviderKind, ProviderSettings } from "../../provider.ts";
import type { TopologyHost } from "../../topology-host.ts";
import { liveGraph } from "../live-graph.ts";
import { metadataMapper } from "../metadata-mapper.ts";
import { nebiusTiers, nebiusTopology } from "../nebius-topology.ts";
import { orFail } from "../or-fail.ts";
import { requiredRegion } from "../required-region.ts";
import { seenPages } from "../seen-pages.ts";
import { trimTiersParam } from "../trim-tiers-param.ts";
import type { ListRequest, NebiusApi } from "./nebius-api.ts";
import { findCredentials, findProject, statementOf, type NebiusCredentials } from "./nebius-credentials.ts";

const defaultPageSize = 200;

export const nebius: ProviderKind = {
  kind: "nebius",
  summary:
    "Nebius: the InfiniBand path of instances, and their NVLink instance groups. Tested against a server that speaks Nebius's gRPC, not on Nebius itself. `NEBIUS_ENDPOINT` names another domain than `api.nebius.cloud:443`, or a URL for all of it, and `NEBIUS_METADATA_URL` another metadata service.",
  params: { trimTiers: trimTiersParam },
  creds: {
    projectId: "The project of the instances; that of this machine where left out.",
    serviceAccountId: "A service account; without it the token in `IAM_TOKEN` is taken, else that of this machine.",
    publicKeyId: "Id of the account's public key.",
    privateKey: "The private key that belongs to it, as PEM.",
  },
  open: (settings, host, signal) => openNebius(settings, host, signal),
};

export interface NebiusOptions {
  /** One try of a call may take so long, in milliseconds. */
  readonly deadlineMs?: number;
  readonly clock?: Clock;
}

/**
 * Opens the provider. Throws `TopologyError`: 400 for wrong parameters and credentials, 500 where this machine's metadata
 * service is needed and says nothing.
 */
export async function openNebius(
  { creds, params }: ProviderSettings,
  host: TopologyHost,
  signal: AbortSignal,
  { deadlineMs = 60_000, clock = systemClock }: NebiusOptions = {},
): Promise<Provider> {
  const credentials = await findCredentials(creds, host, signal);
  const trimTiers = trimTiersOf(params.get("trimTiers"), { prefix: "parameters error: " });
  const projectId = await findProject(creds, host, signal);
  const endpoint = host.environment["NEBIUS_ENDPOINT"] || "api.nebius.cloud:443";
  const { nebiusApi, NebiusUnauthenticated } = await import("./nebius-api.ts");

  /** A list of instances whose token is asked for once, and once more where it is refused on the way. */
  const lister = (api: NebiusApi, abortSignal: AbortSignal) => {
    let token: string | undefined;
    return async (request: ListRequest) => {
      token ??= await firstToken(credentials, api, clock);
      try {
        return await api.listInstances(request, token);
      } catch (error) {
        const renewed =
          error instanceof NebiusUnauthenticated && (await nextToken(credentials, api, clock, abortSignal));
        if (!renewed) throw error;
        token = renewed;
        return api.listInstances(request, token);
      }
    };
  };

  const instancesOf = async (
    list: ReturnType<typeof lister>,
    { instances }: ComputeInstances,
    pageSize: number,
  ): Promise<readonly InstanceTopology[]> => {
    const checkPage = seenPages("ListInstances");
    const found: InstanceTopology[] = [];
    for (let pageToken = ""; ; checkPage(pageToken)) {
      const { items, nextPageToken } = await list({ projectId, pageSize, pageToken });
      for (const { metadata, spec, status } of items) {
        const instanceId = metadata?.id ?? "";
        const node = instances.get(instanceId);
        if (node === undefined) continue;
        const path = status?.infinibandTopologyPath?.path ?? [];
        const topology = nebiusTopology({ instanceId, path, nvlInstanceGroupId: spec?.nvlInstanceGroupId });
        if (topology !== undefined) found.push(topology);
        else host.log("warning", `Nebius names ${path.length} instead of ${nebiusTiers} switches for node ${node}`);
      }
      if (nextPageToken === "") return found;
      pageToken = nextPageToken;
    }
  };

  return {
    instanceMapper: metadataMapper(host, { instanceId: askMetadata("id"), region: askMetadata("region") }),
    async graph({ instances: request, pageSize = defaultPageSize }, abortSignal) {
      const found: (readonly InstanceTopology[])[] = [];
      using api = nebiusApi({ endpoint, deadlineMs, clock, signal: abortSignal });
      const list = lister(api, abortSignal);
      for (const part of request) {
        requiredRegion(part);
        if (part.instances.size === 0) continue;
        found.push(await orFail("failed to get instance list", instancesOf(list, part, pageSize), abortSignal));
      }
      return liveGraph(found.flat(), request, { provider: "nebius", trimTiers }, host);
    },
  };
}

function firstToken(credentials: NebiusCredentials, api: NebiusApi, clock: Clock): Promise<string> | string {
  return "token" in credentials ? credentials.token : exchange(credentials, api, clock);
}

/** `undefined` where no other token is to be had than the one that was given. */
async function nextToken(
  credentials: NebiusCredentials,
  api: NebiusApi,
  clock: Clock,
  signal: AbortSignal,
): Promise<string | undefined> {
  return "token" in credentials ? credentials.renew?.(signal) : exchange(credentials, api, clock);
}

async function exchange(account: Exclude<NebiusCredentials, { token: string }>, api: NebiusApi, clock: Clock) {
  try {
    return await api.exchange(statementOf(account, clock));
  } catch (error) {
    throw new Error(`exchange token: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** Asks the metadata service of an instance at Nebius; what fails prints nothing. */
function askMetadata(what: string): string {
  const url = `http://metadata.nebius.internal/v1/instance-data/${what}`;
  return `v=$(curl -fsS -H "Metadata: true" ${url}) && printf '%s\\n' "$v"`;
}
