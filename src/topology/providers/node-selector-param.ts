import type { ParamSpec } from "../params/param-table.ts";

/** `nodeSelector` as every provider that reads Nodes of Kubernetes takes it. */
export const nodeSelectorParam = {
  type: "string-map",
  doc: "Labels that a Node must have to be read; all Nodes where left out.",
} as const satisfies ParamSpec;
