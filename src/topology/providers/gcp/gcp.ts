import type { protos } from "@google-cloud/compute";
import { type Clock, systemClock } from "../../../jobs/clock.ts";
import type { ComputeInstances, InstanceTopology } from "../../graph/topology-graph.ts";
import { trimTiersOf } from "../../params/trim-tiers.ts";
import type { Provider, ProviderKind, ProviderSettings } from "../../provider.ts";
import type { TopologyHost } from "../../topology-host.ts";
import { cloudEndpoint } from "../cloud-endpoint.ts";
import { gcpTopology } from "../gcp-topology.ts";
import { liveGraph } from "../live-graph.ts";
import { metadataMapper } from "../metadata-mapper.ts";
import { optionalPackage } from "../optional-package.ts";
import { orFail } from "../or-fail.ts";
import { requiredRegion } from "../required-region.ts";
import { seenPages } from "../seen-pages.ts";
import { trimTiersParam } from "../trim-tiers-param.ts";
import { tryAgain } from "../try-again.ts";
import { untilAborted } from "../until-aborted.ts";
import { findProjectId } from "./project-id.ts";

type Instance = protos.google.cloud.compute.v1.IInstance;
type ListRequest = protos.google.cloud.compute.v1.IListInstancesRequest;
type ListAnswer = [Instance[], ListRequest | null, protos.google.cloud.compute.v1.IInstanceList];

/** Codes of gRPC after which a page is asked for once more: quota exhausted, unavailable. */
const passingCodes: ReadonlySet<number> = new Set([8, 14]);

export const gcp: ProviderKind = {
  kind: "gcp",
  summary:
    "Google Compute Engine: the physical host topology of instances, a zone each. Tested against a server that speaks Google's protocol, not on Google Cloud itself. Needs `npm install @google-cloud/compute`; `CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE` names another endpoint.",
  params: {
    project_id: {
      type: "string",
      doc: "The project of the instances; that of the credentials or of the metadata service where left out.",
    },
    trimTiers: trimTiersParam,
  },
  creds: {},
  open: (settings, host, signal) => openGcp(settings, host, signal),
};

export interface GcpOptions {
  /** One try of a request may take so long, in milliseconds. */
  readonly deadlineMs?: number;
  readonly clock?: Clock;
}

/**
 * Opens the provider, with the credentials that `GOOGLE_APPLICATION_CREDENTIALS` names or that the metadata service gives.
 * Throws `TopologyError` (400) for wrong parameters, where no project is known and where the client is missing.
 */
export async function openGcp(
  { params }: ProviderSettings,
  host: TopologyHost,
  signal: AbortSignal,
  { deadlineMs = 60_000, clock = systemClock }: GcpOptions = {},
): Promise<Provider> {
  const project = await findProjectId(params, host, signal);
  const trimTiers = trimTiersOf(params.get("trimTiers"), { prefix: "parameters error: " });
  const load = optionalPackage("gcp", "@google-cloud/compute", () => import("@google-cloud/compute"));
  const { InstancesClient } = await untilAborted(load, signal);
  const endpoint = cloudEndpoint(host.environment, "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE");
  // To make a client takes seconds, for it reads the description of all of Compute Engine.
  let made: InstanceType<typeof InstancesClient> | undefined;
  const connect = () => (made ??= new InstancesClient(endpoint === undefined ? {} : partsOf(endpoint)));

  /** A page of a zone's instances, and the next page's token. */
  const listPage = async (
    request: ListRequest,
    abortSignal: AbortSignal,
  ): Promise<{ readonly items: readonly Instance[]; readonly nextPage: string }> => {
    const startedAt = performance.now();
    // What comes back can be cancelled, which its type does not say.
    const call: Promise<ListAnswer> & { cancel?: () => void } = connect().list(request, {
      autoPaginate: false,
      timeout: deadlineMs,
      retry: null,
    });
    const cancel = (): void => call.cancel?.();
    abortSignal.addEventListener("abort", cancel, { once: true });
    try {
      const [items, , page] = await call;
      return { items, nextPage: page?.nextPageToken ?? "" };
    } finally {
      abortSignal.removeEventListener("abort", cancel);
      const seconds = (performance.now() - startedAt) / 1000;
      host.metrics.observe("topograph_gcp_request_latency", { method: "ListInstances" }, seconds);
    }
  };

  const instancesOf = async (
    zone: string,
    { instances }: ComputeInstances,
    { pageSize, abortSignal }: { readonly pageSize: number | undefined; readonly abortSignal: AbortSignal },
  ): Promise<readonly InstanceTopology[]> => {
    const checkPage = seenPages("ListInstances");
    const found: InstanceTopology[] = [];
    const size = pageSize === undefined ? {} : { maxResults: pageSize };
    for (let pageToken: string | undefined; ; checkPage(pageToken)) {
      const request = { project, zone, ...size, ...(pageToken !== undefined && { pageToken }) };
      const { items, nextPage } = await tryAgain(() => listPage(request, abortSignal), {
        clock,
        signal: abortSignal,
        isPassing,
      });
      for (const item of items) {
        const topology = topologyOf(item, instances, host);
        if (topology !== undefined) found.push(topology);
      }
      if (nextPage === "") return found;
      pageToken = nextPage;
    }
  };

  return {
    instanceMapper: metadataMapper(host, {
      instanceId: askMetadata("id"),
      region: askMetadata("zone"),
      // The service answers with `projects/<number>/zones/<zone>`.
      toRegion: (answer) => answer.slice(answer.lastIndexOf("/") + 1),
    }),
    async graph({ instances: request, pageSize }, abortSignal) {
      const found: (readonly InstanceTopology[])[] = [];
      for (const part of request) {
        const zone = requiredRegion(part);
        if (part.instances.size === 0) continue;
        // Finds credentials, and is done at once from the second time on.
        await orFail("failed to get client: failed to get instances client", connect().initialize(), abortSignal);
        found.push(await orFail("", instancesOf(zone, part, { pageSize, abortSignal }), abortSignal));
      }
      return liveGraph(found.flat(), request, { provider: "gcp", trimTiers }, host);
    },
  };
}

/** `undefined` for an instance that was not asked for, or whose place is not known, of which a metric tells. */
function topologyOf(
  { id, resourceStatus }: Instance,
  asked: ReadonlyMap<string, string>,
  { metrics }: Pick<TopologyHost, "metrics">,
): InstanceTopology | undefined {
  const instanceId = id === undefined || id === null ? "" : String(id);
  if (!asked.has(instanceId)) return undefined;
  const lacks = (metric: string): undefined => {
    metrics.mark(metric, { instance_name: instanceId });
    return undefined;
  };
  if (!resourceStatus) return lacks("topograph_gcp_missing_resource_status");
  const place = resourceStatus.physicalHostTopology;
  if (!place) return lacks("topograph_gcp_missing_physical_host_topology");
  return gcpTopology(instanceId, place) ?? lacks("topograph_gcp_missing_topology_info");
}

/** The parts of an endpoint that the client takes one by one; the path is the API's own. */
function partsOf({ protocol, hostname, port }: URL): Readonly<Record<string, string | number>> {
  const isPlain = protocol === "http:";
  return { protocol: isPlain ? "http" : "https", apiEndpoint: hostname, port: Number(port || (isPlain ? 80 : 443)) };
}

function isPassing(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "number" && passingCodes.has(error.code);
}

/** Source: https://cloud.google.com/compute/docs/metadata/querying-metadata */
function askMetadata(what: string): string {
  const url = `http://metadata.google.internal/computeMetadata/v1/instance/${what}`;
  return `echo $(curl -s -H "Metadata-Flavor: Google" ${url})`;
}
