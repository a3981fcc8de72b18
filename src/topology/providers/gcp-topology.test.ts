import { expect, test } from "vitest";
import { gcpTopology } from "./gcp-topology.ts";

test("sub-block, block and cluster are the tiers, and the sub-block is the domain", () => {
  expect(gcpTopology("17", { cluster: "c", block: "b", subblock: "s" })).toEqual({
    instanceId: "17",
    tiers: ["s", "b", "c"],
    domain: "s",
  });
});

test("a place that is known in part is not known", () => {
  const whole = { cluster: "c", block: "b", subblock: "s" };
  for (const name of ["cluster", "block", "subblock"]) {
    expect(gcpTopology("17", { ...whole, [name]: undefined })).toBeUndefined();
    expect(gcpTopology("17", { ...whole, [name]: null })).toBeUndefined();
  }
});

test("an empty sub-block is a tier that is passed over, and no domain", () => {
  expect(gcpTopology("17", { cluster: "c", block: "b", subblock: "" })).toEqual({
    instanceId: "17",
    tiers: ["", "b", "c"],
  });
});
