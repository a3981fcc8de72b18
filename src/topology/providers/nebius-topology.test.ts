import { expect, test } from "vitest";
import { nebiusTopology } from "./nebius-topology.ts";

test("the path comes from the root on and is turned around; an NVLink instance group is the domain", () => {
  const path = ["root", "middle", "leaf"];
  expect(nebiusTopology({ instanceId: "i", path, nvlInstanceGroupId: "g" })).toEqual({
    instanceId: "i",
    tiers: ["leaf", "middle", "root"],
    domain: "g",
  });
  expect(nebiusTopology({ instanceId: "i", path, nvlInstanceGroupId: "" })).not.toHaveProperty("domain");
});

test.each([0, 1, 2, 4])("a path of %i switches is none", (length) => {
  const path = ["root", "middle", "leaf", "extra"].slice(0, length);
  expect(nebiusTopology({ instanceId: "i", path })).toBeUndefined();
});
