import { invalidSettings, readSettings } from "../../gateway/topology/read-settings.ts";
import type { YamlSettings } from "../../gateway/topology/yaml-settings.ts";
import { labelKeyProblems } from "../../topology/names/label-syntax.ts";
import { quoteGo } from "../../topology/names/quote-go.ts";
import type { NodeTrigger, ObserverConfig } from "../../topology/observer/observer-config.ts";
import { decodeParams } from "../../topology/params/decode-params.ts";
import { labelSelectorParams, toLabelSelector } from "../../topology/params/label-selector.ts";
import type { ParamMap } from "../../topology/params/param-value.ts";
import { readKubernetesParams } from "../../topology/providers/kubernetes.ts";

/** What the configuration of an observer says, and on which port it answers probes; on none where that is 0. */
export interface ObserverSettings {
  readonly config: ObserverConfig;
  readonly healthzPort: number;
}

const defaultRetryDelayMs = 5 * 60_000;
const defaultContainerName = "topograph";

/**
 * Reads the configuration of a node-observer of Topograph; `healthzPort` is an addition. The brokers' DaemonSet is named by the
 * environment. Throws `CONFIG_INVALID`.
 */
export async function readObserverConfig(
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ObserverSettings> {
  const read = await readSettings(file, { unread: "", unparsed: `failed to parse ${file}: ` }, readAll);
  const { generateUrl, apiServer, request, healthzPort } = read;
  if (generateUrl === "") throw invalidSettings("must specify generateTopologyUrl");
  if (!/^https?:$/.test(URL.parse(generateUrl)?.protocol ?? "")) {
    throw invalidSettings(`failed to parse generateTopologyUrl ${quoteGo(generateUrl)}: it is no address of HTTP`);
  }
  const trigger = withProviderDefaults(read.trigger, request.provider, request.providerParams ?? new Map());
  const watchesNodes = trigger.nodeSelector.size > 0 || trigger.nodeLabels.length > 0 || trigger.nodeReadiness;
  if (!watchesNodes && trigger.podSelector === undefined && apiServer.podSelector === undefined) {
    const triggers = "nodeSelector, nodeLabels, nodeReadiness and/or podSelector in trigger";
    throw invalidSettings(`must specify ${triggers}, or apiServer.podSelector`);
  }
  const [name, namespace] = [environment["NODE_DATA_BROKER_NAME"], environment["NODE_DATA_BROKER_NAMESPACE"]];
  return {
    healthzPort,
    config: {
      generateUrl,
      trigger,
      apiServer,
      request,
      retryDelayMs: read.retryDelayMs > 0 ? read.retryDelayMs : defaultRetryDelayMs,
      broker:
        (name ?? "") === "" || (namespace ?? "") === "" ? undefined : { name: name ?? "", namespace: namespace ?? "" },
    },
  };
}

interface WrittenTrigger extends Omit<NodeTrigger, "nodeLabels"> {
  readonly nodeLabels: readonly string[] | undefined;
}

interface Written {
  readonly generateUrl: string;
  readonly trigger: WrittenTrigger;
  readonly apiServer: ObserverConfig["apiServer"];
  readonly request: ObserverConfig["request"];
  readonly retryDelayMs: number;
  readonly healthzPort: number;
}

function readAll(yaml: YamlSettings): Written {
  const all = yaml.members(yaml.root, "node_observer.Config");
  const trigger = yaml.members(all.get("trigger"), "node_observer.Trigger");
  const apiServer = yaml.members(all.get("apiServer"), "node_observer.APIServer");
  const provider = yaml.members(all.get("provider"), "topology.Provider");
  const engine = yaml.members(all.get("engine"), "topology.Engine");
  const labels = yaml.params(all.get("trigger"))?.get("nodeLabels");
  const apiPods = selectorOf(yaml.params(apiServer.get("podSelector")));
  const containerName = yaml.string(apiServer.get("containerName")) ?? "";
  return {
    generateUrl: yaml.string(all.get("generateTopologyUrl")) ?? "",
    trigger: {
      nodeLabels: labels === undefined || labels === null ? undefined : toLabels(labels),
      nodeReadiness: yaml.bool(trigger.get("nodeReadiness")) ?? false,
      nodeSelector: yaml.strings(trigger.get("nodeSelector")),
      podSelector: selectorOf(yaml.params(trigger.get("podSelector"))),
    },
    apiServer: {
      namespace: yaml.string(apiServer.get("namespace")) ?? "",
      podSelector: apiPods,
      containerName: apiPods !== undefined && containerName === "" ? defaultContainerName : containerName,
    },
    request: {
      provider: yaml.string(provider.get("name")) ?? "",
      creds: yaml.params(provider.get("creds")),
      providerParams: yaml.params(provider.get("params")),
      engine: yaml.string(engine.get("name")) ?? "",
      engineParams: yaml.params(engine.get("params")),
    },
    retryDelayMs: yaml.duration(all.get("retryDelay")) ?? 0,
    healthzPort: yaml.int(all.get("healthzPort")) ?? 0,
  };
}

/** Throws `Error` for a list of anything but text. */
function toLabels(value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((label) => typeof label === "string")) return value;
  throw new Error("trigger.nodeLabels must be a list of strings");
}

/** A selector that is there selects, be it everything. */
function selectorOf(given: ParamMap | undefined): string | undefined {
  return given === undefined ? undefined : toLabelSelector(decodeParams(labelSelectorParams, given));
}

/** The provider `kubernetes` knows itself which labels count. Throws `CONFIG_INVALID`. */
function withProviderDefaults(trigger: WrittenTrigger, provider: string, params: ParamMap): NodeTrigger {
  const known = provider === "kubernetes" ? orInvalid(() => readKubernetesParams(params)) : undefined;
  const nodeLabels = trigger.nodeLabels ?? known?.topologyLabels ?? [];
  for (const key of nodeLabels) {
    const problems = labelKeyProblems(key);
    if (problems.length === 0) continue;
    throw invalidSettings(
      `trigger.nodeLabels ${quoteGo(key)} is not a valid Kubernetes label key: ${problems.join("; ")}`,
    );
  }
  if (known === undefined) return { ...trigger, nodeLabels };
  if (trigger.nodeSelector.size > 0 && !isSame(trigger.nodeSelector, known.nodeSelector)) {
    throw invalidSettings("trigger.nodeSelector must match provider.params.nodeSelector for the kubernetes provider");
  }
  const nodeReadiness = trigger.nodeReadiness || known.requireReady;
  return { ...trigger, nodeLabels, nodeReadiness, nodeSelector: known.nodeSelector };
}

function isSame(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): boolean {
  return left.size === right.size && [...left].every(([key, value]) => right.get(key) === value);
}

function orInvalid<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw invalidSettings(error instanceof Error ? error.message : String(error), error);
  }
}
