import { describeTopologyStore } from "../topology-store.contract.ts";
import { createMemoryTopologyStore } from "./memory-topology-store.ts";

describeTopologyStore("in memory", async (bounds) => ({
  store: createMemoryTopologyStore(bounds),
  close: async () => {},
}));
