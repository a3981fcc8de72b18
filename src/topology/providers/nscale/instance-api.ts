import { z } from "zod";
import type { InstanceMapper } from "../../provider.ts";
import { retryingFetch } from "../../retrying-fetch.ts";
import { TopologyError } from "../../topology-error.ts";
import type { TopologyHost } from "../../topology-host.ts";
import { readReply } from "../read-reply.ts";
import { requestUrl } from "../request-url.ts";

const Instances = z
  .array(z.object({ metadata: z.object({ id: z.string().nullish(), name: z.string().nullish() }).nullish() }))
  .nullable();

export interface InstanceApi {
  readonly instanceApiUrl: string;
  readonly org: string;
  readonly token: string;
  /** Empty where it was not given, without which nothing can be asked. */
  readonly region: string;
}

/** Learns ids of instances from Nscale's list of them, by their names. */
export function instanceApiMapper(host: TopologyHost, api: InstanceApi): InstanceMapper {
  return {
    async nodesByInstance(nodes, signal) {
      const wanted = new Set(nodes);
      const found = new Map<string, string>();
      for (const { metadata } of await listInstances(host, api, signal)) {
        const [id, name] = [metadata?.id ?? "", metadata?.name ?? ""];
        if (id !== "" && (wanted.size === 0 || wanted.has(name))) found.set(id, name);
      }
      return found;
    },
    async regionsByNode(nodes) {
      return new Map(nodes.map((node) => [node, api.region]));
    },
  };
}

async function listInstances(
  host: TopologyHost,
  { instanceApiUrl, org, token, region }: InstanceApi,
  signal: AbortSignal,
): Promise<NonNullable<z.output<typeof Instances>>> {
  if (region === "") throw new TopologyError(400, "missing 'region'");
  const request = {
    url: requestUrl(instanceApiUrl, ["v2", "instances"], { organizationID: org, regionID: region }),
    headers: { authorization: `Bearer ${token}` },
  };
  const { body } = await retryingFetch(request, signal, { log: (message) => host.log("warning", message) });
  return readReply(Instances, body) ?? [];
}
