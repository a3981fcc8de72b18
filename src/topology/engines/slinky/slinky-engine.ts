import type { Engine, EngineKind } from "../../engine.ts";
import type { ComputeInstances, TopologyGraph } from "../../graph/topology-graph.ts";
import { requestsAtOnce, type KubernetesApi, type KubernetesObject } from "../../kubernetes-api.ts";
import {
  annotatedInstances,
  kubernetesFailure,
  kubernetesNodes,
  nodesResource,
  objectName,
} from "../../kubernetes-nodes.ts";
import { readRenderConfig, type PartitionTopologyParams } from "../../render/read-config.ts";
import { blockPlugin, type RenderConfig } from "../../render/render-config.ts";
import { renderTopology, type RenderedTopology } from "../../render/render-topology.ts";
import type { TopologyHost } from "../../topology-host.ts";
import { inParallel } from "../../../jobs/in-parallel.ts";
import { writeConfigMap } from "./config-map.ts";
import { withLabelledDomains } from "./labelled-domains.ts";
import { readSlinkyParams, slinkyParams, type SlinkySettings } from "./slinky-params.ts";
import { showPartition, slurmNamesByNode, slurmNamesOfPods } from "./slurm-pods.ts";

const specAnnotation = "topology.slinky.slurm.net/spec";

/** Topology for Slurm that Slinky runs in Kubernetes. */
export const slinkyEngine: EngineKind = {
  kind: "slinky",
  summary: "A ConfigMap with Slurm's topology for a Slinky cluster, and the place of each Node for dynamic nodes.",
  params: slinkyParams,
  async open(given, host) {
    const settings = readSlinkyParams(given);
    return new SlinkyEngine(await host.kubernetes(), settings, host);
  },
};

/** The Nodes that are selected, and the names that Slurm has for those with a Ready slurmd pod. */
interface ClusterNodes {
  readonly nodes: readonly KubernetesObject[];
  readonly slurmNames: ReadonlyMap<string, string>;
}

class SlinkyEngine implements Engine {
  readonly #api: KubernetesApi;
  readonly #settings: SlinkySettings;
  readonly #log: TopologyHost["log"];
  #clusterNodes: ClusterNodes | undefined;

  constructor(api: KubernetesApi, settings: SlinkySettings, host: TopologyHost) {
    this.#api = api;
    this.#settings = settings;
    this.#log = (level, message) => host.log(level, message);
  }

  async resolve(
    given: readonly ComputeInstances[],
    _provider: unknown,
    signal: AbortSignal,
  ): Promise<readonly ComputeInstances[]> {
    if (given.length > 0) return given;
    const { nodes, slurmNames } = await this.#cluster(signal);
    return annotatedInstances(nodes, (node) => slurmNames.get(objectName(node)), this.#log);
  }

  async output(graph: TopologyGraph, signal: AbortSignal): Promise<string> {
    const { sourceLabel, update, isDynamic } = this.#settings;
    const config = await this.#renderConfig(signal);
    const shown =
      sourceLabel !== "" && usesBlocks(config)
        ? await this.#cluster(signal).then(({ nodes, slurmNames }) =>
            withLabelledDomains(graph, nodes, slurmNames, sourceLabel),
          )
        : graph;
    const skeleton = update === "skeleton-roots" ? "roots" : update === "skeleton-only";
    const rendered = await renderTopology(shown, config, { skeleton });
    const caution = rendered.unreadable ?? rendered.unreadableBySome;
    if (caution !== undefined) this.#log("warning", caution);
    if (update !== "none") await this.#writeConfigMap(rendered.text, signal);
    if (isDynamic) await this.#annotateNodes(rendered, signal);
    return "OK\n";
  }

  async #cluster(signal: AbortSignal): Promise<ClusterNodes> {
    if (this.#clusterNodes !== undefined) return this.#clusterNodes;
    const { nodeSelector, podSelector } = this.#settings;
    const nodes = await kubernetesNodes(this.#api, nodeSelector, signal);
    const slurmNames = await slurmNamesByNode(this.#namespace, podSelector, signal);
    this.#clusterNodes = { nodes, slurmNames };
    return this.#clusterNodes;
  }

  async #renderConfig(signal: AbortSignal): Promise<RenderConfig> {
    const { output, topologies, isDynamic } = this.#settings;
    const resolved = new Map<string, PartitionTopologyParams>();
    for (const [topology, { params, podSelector }] of topologies) {
      const nodes =
        podSelector === "" ? params.nodes : await slurmNamesOfPods(this.#namespace, { topology, podSelector }, signal);
      resolved.set(topology, { ...params, nodes });
    }
    return readRenderConfig(output, resolved.size === 0 ? undefined : resolved, (partition) =>
      // Dynamic nodes come to a partition by themselves; Slurm need not know them yet.
      isDynamic ? Promise.resolve("\tNodes=NONE") : showPartition(this.#namespace, partition, signal),
    );
  }

  async #writeConfigMap(text: string, signal: AbortSignal): Promise<void> {
    const { namespace, configMap: name, configKey: key, output } = this.#settings;
    const { plugin = "", blockSizes = [] } = output;
    const annotations = {
      "topograph.run/engine": "slinky",
      "topograph.run/topology-managed-by": "topograph",
      "topograph.run/last-updated": localTime(new Date()),
      "topograph.run/slurm-namespace": namespace,
      ...(plugin !== "" && { "topograph.run/plugin": plugin }),
      ...(blockSizes.length > 0 && { "topograph.run/block-sizes": blockSizes.join(",") }),
    };
    const outcome = await writeConfigMap(this.#api, { namespace, name, key, text, annotations }, signal);
    this.#log("info", `configmap ${namespace}/${name} ${outcome}`);
  }

  /** Tells each Node its place; those that know it already, or have none, are left alone. */
  async #annotateNodes(rendered: RenderedTopology, signal: AbortSignal): Promise<void> {
    const { nodes, slurmNames } = await this.#cluster(signal);
    const specOf = await rendered.nodeSpecs();
    await inParallel(nodes, requestsAtOnce, async (node) => {
      const slurmName = slurmNames.get(objectName(node));
      if (slurmName === undefined) return;
      const spec = specOf(slurmName);
      if (spec === "" || node.metadata?.annotations?.[specAnnotation] === spec) return;
      const body = { metadata: { annotations: { [specAnnotation]: spec } } };
      try {
        await this.#api.patch(nodesResource, { name: objectName(node) }, { type: "strategic-merge", body }, signal);
      } catch (error) {
        throw kubernetesFailure(error, signal, "failed to patch node annotation");
      }
    });
  }

  get #namespace(): { api: KubernetesApi; namespace: string; log: TopologyHost["log"] } {
    return { api: this.#api, namespace: this.#settings.namespace, log: this.#log };
  }
}

function usesBlocks({ plugin, topologies }: RenderConfig): boolean {
  return plugin === blockPlugin || [...topologies.values()].some((topology) => topology.plugin === blockPlugin);
}

/** RFC 3339 in this machine's zone, to the second: `2026-11-23T18:30:00+01:00`. */
function localTime(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const ahead = -date.getTimezoneOffset();
  if (ahead === 0) return `${day}T${time}Z`;
  const offset = Math.abs(ahead);
  return `${day}T${time}${ahead < 0 ? "-" : "+"}${two(Math.floor(offset / 60))}:${two(offset % 60)}`;
}
