import type { ClusterKind } from "../cluster-kind.ts";
import { createMockCluster, mockCapabilities } from "./mock-cluster.ts";

export const mockKind: ClusterKind = {
  kind: "mock",
  capabilities: mockCapabilities,
  open({ name, base, environment, settings }) {
    return createMockCluster({ name, base, environment, ...(settings?.kind === "mock" && settings) }).cluster;
  },
};
