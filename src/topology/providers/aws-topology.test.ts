import { expect, test } from "vitest";
import { awsTopology } from "./aws-topology.ts";

test("network nodes come from the root on and are turned around; a capacity block is the domain", () => {
  expect(awsTopology({ InstanceId: "i-1", NetworkNodes: ["root", "spine", "leaf"], CapacityBlockId: "cb-1" })).toEqual({
    instanceId: "i-1",
    tiers: ["leaf", "spine", "root"],
    domain: "cb-1",
  });
});

test("an instance without network nodes has no tiers, and an empty capacity block is none", () => {
  expect(awsTopology({ InstanceId: "i-1" })).toEqual({ instanceId: "i-1", tiers: [] });
  expect(awsTopology({ InstanceId: "i-1", NetworkNodes: ["r"], CapacityBlockId: "" })).toEqual({
    instanceId: "i-1",
    tiers: ["r"],
  });
});
