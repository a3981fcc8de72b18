import type { ComputeInstances, DomainHost, DomainMap } from "../graph/topology-graph.ts";
import type { KubernetesObject } from "../kubernetes-api.ts";
import { instanceAnnotation, objectName, regionAnnotation } from "../kubernetes-nodes.ts";
import type { TopologyHost } from "../topology-host.ts";
import type { AcceleratorConfig } from "./accelerator.ts";
import { domainMap } from "./domain-map.ts";

/** The annotation of a Node in which its broker keeps what `nvidia-smi` said. */
export const clusterIdAnnotation = "topograph.run/cluster-id";

/**
 * The accelerator domains of requested instances, from labels or annotations of Nodes, which are found by their
 * annotations of instance and region; a Node without both is told and passed over.
 */
export function kubernetesDomains(
  { source, labelKey }: AcceleratorConfig,
  nodes: readonly KubernetesObject[],
  request: readonly ComputeInstances[],
  { log }: Pick<TopologyHost, "log">,
): DomainMap {
  if (source === "none") return new Map();
  const regions = new Map(request.map(({ region, instances }) => [region, instances]));
  const hosts: DomainHost[] = [];
  for (const node of nodes) {
    const { annotations = {}, labels = {} } = node.metadata ?? {};
    const [instanceId, region] = [instanceAnnotation, regionAnnotation].map((name) => (annotations[name] ?? "").trim());
    if (instanceId === undefined || instanceId === "" || region === undefined || region === "") {
      const missing = instanceId === "" ? instanceAnnotation : regionAnnotation;
      log("warning", `Node ${objectName(node)} has no annotation ${missing}, and is passed over`);
      continue;
    }
    const nodeName = regions.get(region)?.get(instanceId);
    const domain = source === "nvidia-smi" ? annotations[clusterIdAnnotation] : labels[labelKey];
    if (nodeName !== undefined) hosts.push({ domain: (domain ?? "").trim(), instanceId, nodeName });
  }
  return domainMap(hosts);
}
