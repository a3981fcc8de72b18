import { quoteGo } from "../names/quote-go.ts";
import { decodeParams } from "../params/decode-params.ts";
import type { ParamSpec, ParamTable } from "../params/param-table.ts";
import type { ParamMap, ParamValue } from "../params/param-value.ts";
import { TopologyError } from "../topology-error.ts";

/** Where accelerator domains (NVLink) are learnt from, apart from the fabric. */
export interface AcceleratorConfig {
  readonly source: "nvidia-smi" | "kubernetes-label" | "none";
  /** The label of a Node that has its domain; empty for the other sources. */
  readonly labelKey: string;
  /** Where the broker of a node finds the Pod that can run `nvidia-smi`. */
  readonly gpuOperatorNamespace: string;
  readonly devicePluginDaemonSet: string;
}

const sectionTable = {
  source: {
    type: "string",
    doc: "`nvidia-smi` (asked on every node), `kubernetes-label` (a label of the Node) or `none`.",
    required: true,
  },
  kubernetesLabel: {
    type: { object: { key: { type: "string", doc: "The label that has the domain." } } },
    doc: "For the source `kubernetes-label`.",
  },
  nvidiaSmi: {
    type: {
      object: {
        gpuOperatorNamespace: {
          type: "string",
          doc: "The namespace of the GPU operator.",
          shownDefault: "gpu-operator",
        },
        devicePluginDaemonSet: {
          type: "string",
          doc: "The DaemonSet whose Pods can run `nvidia-smi`.",
          shownDefault: "nvidia-device-plugin-daemonset",
        },
      },
    },
    doc: "For the source `nvidia-smi` in Kubernetes, where the brokers ask.",
  },
} as const satisfies ParamTable;

/** How a provider documents the parameter: with those of its sections that mean something there. */
export function acceleratorParam(doc: string, ...sections: readonly ("kubernetesLabel" | "nvidiaSmi")[]): ParamSpec {
  const { source } = sectionTable;
  const taken = Object.fromEntries(sections.map((section) => [section, sectionTable[section]]));
  return { type: { object: { source, ...taken } }, doc };
}

/** Reads the parameter `accelerator`; none is asked for where it is left out or empty. Throws `TopologyError` (400). */
export function readAccelerator(params: ParamMap): AcceleratorConfig {
  const section = params.get("accelerator");
  if (section === undefined) return configOf(new Map([["source", "none"]]));
  if (!isMap(section)) throw refused("accelerator section must be an object with a source");
  return configOf(section.size === 0 ? new Map([["source", "none"]]) : section);
}

/** Domains from a label of the Nodes. */
export function labelledAccelerator(labelKey: string): AcceleratorConfig {
  const kubernetesLabel: ParamMap = new Map([["key", labelKey]]);
  return configOf(
    new Map<string, ParamValue>([
      ["source", "kubernetes-label"],
      ["kubernetesLabel", kubernetesLabel],
    ]),
  );
}

function configOf(section: ParamMap): AcceleratorConfig {
  const { source: given = "", kubernetesLabel, nvidiaSmi } = decodeParams(sectionTable, section);
  const source = given.trim().toLowerCase();
  const labelKey = (kubernetesLabel?.key ?? "").trim();
  if (source === "") throw refused("accelerator source must be set");
  if (source !== "nvidia-smi" && source !== "kubernetes-label" && source !== "none") {
    throw refused(`unsupported accelerator source ${quoteGo(source)}`);
  }
  if (source === "kubernetes-label" && labelKey === "") {
    throw refused(`accelerator kubernetesLabel.key must be set for source "kubernetes-label"`);
  }
  const orElse = (value: string | undefined, usual: string): string => (value ?? "").trim() || usual;
  return {
    source,
    labelKey,
    gpuOperatorNamespace: orElse(nvidiaSmi?.gpuOperatorNamespace, "gpu-operator"),
    devicePluginDaemonSet: orElse(nvidiaSmi?.devicePluginDaemonSet, "nvidia-device-plugin-daemonset"),
  };
}

function isMap(value: ParamValue): value is ParamMap {
  return value instanceof Map;
}

function refused(message: string): TopologyError {
  return new TopologyError(400, message);
}
