import { z } from "zod";
import type { InstanceMapper } from "../../provider.ts";
import type { TopologyHost } from "../../topology-host.ts";
import { nodeLines } from "../node-lines.ts";
import { pdsh } from "../pdsh.ts";

/** The metadata service of OpenStack, as a node reaches it. */
export const usualMetadataUrl = "http://169.254.169.254/openstack/latest/meta_data.json";

const Metadata = z.object({ meta: z.record(z.string(), z.string()).nullish() });

/** What a node says of itself; either is empty where it does not say. */
export interface NodeMetadata {
  readonly serverId: string;
  readonly regionId: string;
}

/** Reads the reply of a metadata service; `undefined` where it is none. */
export function readNodeMetadata(reply: string): NodeMetadata | undefined {
  let value: unknown;
  try {
    value = JSON.parse(reply);
  } catch {
    return undefined;
  }
  const read = Metadata.safeParse(value);
  if (!read.success) return undefined;
  const { serverID, regionID } = read.data.meta ?? {};
  return { serverId: serverID ?? "", regionId: regionID ?? "" };
}

/** What a node runs to ask its metadata service; it ends with the status of curl. */
export function metadataCommand(url: string): string {
  return `res=$(curl -fsS -- '${url.replaceAll("'", "'\\''")}') && echo "$res"`;
}

/**
 * Learns from the nodes themselves, over pdsh, which servers they are. Where a region is named, nodes that are not in it
 * are left out. One sweep answers for instances and regions alike.
 */
export function metadataMapper(
  host: TopologyHost,
  { url, region }: { readonly url: string; readonly region: string },
): InstanceMapper {
  let last: { readonly nodes: string; readonly answers: Promise<ReadonlyMap<string, NodeMetadata>> } | undefined;

  function ask(nodes: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, NodeMetadata>> {
    const key = nodes.join("\n");
    if (last?.nodes === key) return last.answers;
    const answers = sweep(host, { url, region }, nodes, signal);
    const asked = { nodes: key, answers };
    last = asked;
    answers.catch(() => {
      if (last === asked) last = undefined;
    });
    return answers;
  }

  return {
    async nodesByInstance(nodes, signal) {
      const found = new Map<string, string>();
      for (const [node, { serverId }] of await ask(nodes, signal)) if (serverId !== "") found.set(serverId, node);
      return found;
    },
    async regionsByNode(nodes, signal) {
      const found = new Map<string, string>();
      for (const [node, { regionId }] of await ask(nodes, signal)) if (regionId !== "") found.set(node, regionId);
      return found;
    },
  };
}

async function sweep(
  host: TopologyHost,
  { url, region }: { readonly url: string; readonly region: string },
  nodes: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, NodeMetadata>> {
  const found = new Map<string, NodeMetadata>();
  const output = await pdsh(host, metadataCommand(url), nodes, signal, { partial: true });
  for (const [node, lines] of nodeLines(output)) {
    const metadata = readNodeMetadata(lines.join("\n"));
    if (metadata === undefined) {
      host.log("warning", `Nscale: what node ${node} says of itself cannot be read`);
    } else if (region !== "" && metadata.regionId !== region) {
      host.log("warning", `Nscale: node ${node} is left out, for it is in "${metadata.regionId}", not in "${region}"`);
    } else {
      found.set(node, metadata);
    }
  }
  return found;
}
