import type { ComputeClient, models } from "oci-core";
import type { IdentityClient } from "oci-identity";
import { z } from "zod";
import { type Clock, systemClock } from "../../../jobs/clock.ts";
import type { ComputeInstances, InstanceTopology } from "../../graph/topology-graph.ts";
import { trimTiersOf } from "../../params/trim-tiers.ts";
import type { Provider, ProviderKind, ProviderSettings } from "../../provider.ts";
import type { TopologyHost } from "../../topology-host.ts";
import { cloudEndpoint } from "../cloud-endpoint.ts";
import { inParallel } from "../../../jobs/in-parallel.ts";
import { liveGraph } from "../live-graph.ts";
import { metadataMapper } from "../metadata-mapper.ts";
import { ociTopology } from "../oci-topology.ts";
import { optionalPackage } from "../optional-package.ts";
import { orFail } from "../or-fail.ts";
import { requiredRegion } from "../required-region.ts";
import { seenPages } from "../seen-pages.ts";
import { trimTiersParam } from "../trim-tiers-param.ts";
import { untilAborted } from "../until-aborted.ts";
import { authenticate } from "./oci-authentication.ts";
import { ociHttpClient } from "./oci-http-client.ts";

/** Hosts of a page that are asked for at the same time. */
const mostAtOnce = 32;

export const oci: ProviderKind = {
  kind: "oci",
  summary:
    "Oracle Cloud: local blocks, network blocks and HPC islands of compute hosts, with their GPU memory fabrics and racks. Tested against a server that speaks Oracle's protocol, not on Oracle Cloud itself. Needs `npm install oci-common oci-core oci-identity`; `OCI_ENDPOINT_URL` names another endpoint for all of it.",
  params: { trimTiers: trimTiersParam },
  creds: {
    tenancyId:
      "OCID of the tenancy; without credentials those of `~/.oci/config` are taken, else those of the instance itself.",
    userId: "OCID of the user.",
    region: "The region of the credentials; the request names that of the instances.",
    fingerprint: "Fingerprint of the key.",
    privateKey: "The private key, as PEM.",
    passphrase: "The passphrase of the private key, where it has one.",
  },
  open: (settings, host, signal) => openOci(settings, host, signal),
};

export interface OciOptions {
  /** One try of a request may take so long, in milliseconds. */
  readonly deadlineMs?: number;
  readonly clock?: Clock;
}

/**
 * Opens the provider. Throws `TopologyError`: 400 for wrong parameters and credentials and where the SDK is missing, 401
 * where there are no credentials.
 */
export async function openOci(
  { creds, params }: ProviderSettings,
  host: TopologyHost,
  signal: AbortSignal,
  { deadlineMs = 60_000, clock = systemClock }: OciOptions = {},
): Promise<Provider> {
  const load = optionalPackage("oci", "oci-common oci-core oci-identity", async () => ({
    common: await import("oci-common"),
    core: await import("oci-core"),
    identity: await import("oci-identity"),
  }));
  const { common, core, identity } = await untilAborted(load, signal);
  const { provider, tenancyId } = await authenticate(common, creds, host, signal);
  const trimTiers = trimTiersOf(params.get("trimTiers"), { prefix: "parameters error: " });
  const endpoint = cloudEndpoint(host.environment, "OCI_ENDPOINT_URL")?.href.replace(/\/$/, "");

  const connect = async (region: string, abortSignal: AbortSignal) => {
    const signer = new common.DefaultRequestSigner(provider);
    const httpClient = ociHttpClient({ signer, metrics: host.metrics, clock, signal: abortSignal, deadlineMs });
    const settings = { retryConfiguration: common.NoRetryConfigurationDetails };
    const compute = new core.ComputeClient({ httpClient }, settings);
    const domains = new identity.IdentityClient({ httpClient }, settings);
    for (const client of [compute, domains]) {
      client.regionId = region;
      if (endpoint !== undefined) client.endpoint = endpoint;
    }
    return { compute, domains };
  };

  const topologyOf = async (
    compute: ComputeClient,
    { id, instanceId }: models.ComputeHostSummary,
    asked: ReadonlyMap<string, string>,
  ): Promise<InstanceTopology | undefined> => {
    if (!id || !instanceId || !asked.has(instanceId)) return undefined;
    const { computeHost } = await compute.getComputeHost({ computeHostId: id });
    return readHost(computeHost, host);
  };

  /** The requested instances of one availability domain. */
  const instancesOf = async (
    compute: ComputeClient,
    availabilityDomain: string,
    { instances }: ComputeInstances,
    pageSize: number | undefined,
  ): Promise<readonly InstanceTopology[]> => {
    const checkPage = seenPages("ListComputeHosts");
    const found: InstanceTopology[] = [];
    const which = { compartmentId: tenancyId, availabilityDomain, ...(pageSize !== undefined && { limit: pageSize }) };
    for (let page: string | undefined; ;) {
      const answer = await compute.listComputeHosts({ ...which, ...(page !== undefined && { page }) });
      const nextPage = answer.opcNextPage || undefined;
      if (nextPage !== undefined) checkPage(nextPage);
      const items = answer.computeHostCollection.items ?? [];
      const read = await inParallel(items, mostAtOnce, (item) => topologyOf(compute, item, instances));
      for (const topology of read) if (topology !== undefined) found.push(topology);
      if (nextPage === undefined) return found;
      page = nextPage;
    }
  };

  const domainsOf = async (domains: IdentityClient): Promise<readonly string[]> => {
    const { items } = await domains.listAvailabilityDomains({ compartmentId: tenancyId });
    return items.flatMap(({ name }) => name ?? []);
  };

  return {
    instanceMapper: metadataMapper(host, {
      instanceId: askMetadata("instance/id"),
      region: askMetadata("instance/region"),
    }),
    async graph({ instances: request, pageSize }, abortSignal) {
      const found: (readonly InstanceTopology[])[] = [];
      for (const part of request) {
        const region = requiredRegion(part);
        if (part.instances.size === 0) continue;
        const clients = await orFail("failed to create API client", connect(region, abortSignal), abortSignal);
        const domains = await orFail("failed to get availability domains", domainsOf(clients.domains), abortSignal);
        for (const domain of domains) {
          const instances = instancesOf(clients.compute, domain, part, pageSize);
          found.push(await orFail("failed to get hosts info", instances, abortSignal));
        }
      }
      return liveGraph(found.flat(), request, { provider: "oci", trimTiers, normalise: true }, host);
    },
  };
}

const AdditionalData = z.looseObject({ locationDetails: z.looseObject({ rack: z.string() }) });

/** `undefined`, and a metric that says why, where the host's place is not known. */
function readHost(computeHost: models.ComputeHost, host: TopologyHost): InstanceTopology | undefined {
  const { instanceId, localBlockId, networkBlockId, hpcIslandId, gpuMemoryFabricId, additionalData } = computeHost;
  if (!instanceId) return undefined;
  const rack = AdditionalData.safeParse(additionalData).data?.locationDetails.rack;
  const place = { localBlockId, networkBlockId, hpcIslandId, gpuMemoryFabricId, rack };
  // What the SDK's types call absent comes as null too.
  const known = Object.fromEntries(Object.entries(place).filter(([, value]) => typeof value === "string"));
  return ociTopology({ instanceId, ...known }, (data) => {
    host.metrics.mark("topograph_oci_missing_host_data", { data, node_name: instanceId });
    host.log("warning", `Oracle Cloud names no ${data} of instance ${instanceId}`);
  });
}

/** Source: https://docs.oracle.com/en-us/iaas/Content/Compute/Tasks/gettingmetadata.htm */
function askMetadata(what: string): string {
  return `echo $(curl -s -H "Authorization: Bearer Oracle" -L http://169.254.169.254/opc/v2/${what})`;
}
