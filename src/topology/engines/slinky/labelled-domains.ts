import type { DomainHost, TopologyGraph } from "../../graph/topology-graph.ts";
import type { KubernetesObject } from "../../kubernetes-api.ts";
import { instanceAnnotation, objectName } from "../../kubernetes-nodes.ts";
import { quoteGo } from "../../names/quote-go.ts";
import { TopologyError } from "../../topology-error.ts";

/** How many nodes a message names. */
const mostNamed = 10;

/**
 * A graph whose accelerator domains are what a label of the Nodes says; Nodes without it have none. Throws `TopologyError` (502), which
 * says what the Nodes lack, where no domain comes of it.
 */
export function withLabelledDomains(
  graph: TopologyGraph,
  nodes: readonly KubernetesObject[],
  slurmNames: ReadonlyMap<string, string>,
  label: string,
): TopologyGraph {
  if (nodes.length === 0) throw new TopologyError(502, "no selected Kubernetes nodes found; check engine nodeSelector");
  const domains = new Map<string, Map<string, DomainHost>>();
  const unannotated: string[] = [];
  let nameless = 0;
  let unlabelled = 0;
  for (const node of nodes) {
    const nodeName = slurmNames.get(objectName(node)) ?? "";
    const domain = (node.metadata?.labels?.[label] ?? "").trim();
    const instanceId = (node.metadata?.annotations?.[instanceAnnotation] ?? "").trim();
    if (nodeName === "") nameless++;
    else if (domain === "") unlabelled++;
    else if (instanceId === "") unannotated.push(objectName(node));
    else {
      const hosts = domains.get(domain) ?? new Map<string, DomainHost>();
      domains.set(domain, hosts.set(nodeName, { domain, instanceId, nodeName }));
    }
  }
  if (domains.size > 0) return { ...graph, domains };
  const [source, annotation] = [quoteGo(label), quoteGo(instanceAnnotation)];
  throw new TopologyError(
    502,
    [
      `acceleratorDomainSourceLabel=${source} produced no usable label-backed domains; check label ${source} and annotation ${annotation}.`,
      `Scanned ${nodes.length} node(s): ${nameless} without a SLURM node mapping (no Ready slurmd pod),`,
      `${unlabelled} missing the ${source} label,`,
      `${unannotated.length} with the label but a missing/empty ${annotation} annotation${named(unannotated)}`,
    ].join(" "),
  );
}

function named(nodes: readonly string[]): string {
  if (nodes.length === 0) return "";
  const more = nodes.length > mostNamed ? `, and ${nodes.length - mostNamed} more` : "";
  return ` (nodes missing annotation: ${nodes.slice(0, mostNamed).join(", ")}${more})`;
}
