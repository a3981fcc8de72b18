import { expect, test } from "vitest";
import { ociTopology, type OciHost, type OciMissingData } from "./oci-topology.ts";

const host: OciHost = { instanceId: "id", localBlockId: "leaf", networkBlockId: "net", hpcIslandId: "core" };
const tiers = ["leaf", "net", "core"];

test("local block, network block and HPC island are the tiers", () => {
  expect(read(host)).toEqual([{ instanceId: "id", tiers }, []]);
});

test("the first tier that is not known is told of", () => {
  expect(read({ instanceId: "id" })).toEqual([undefined, ["localBlock"]]);
  expect(read({ instanceId: "id", localBlockId: "leaf" })).toEqual([undefined, ["networkBlock"]]);
  expect(read({ instanceId: "id", localBlockId: "leaf", networkBlockId: "net" })).toEqual([undefined, ["hpcIsland"]]);
});

test("the GPU memory fabric is the domain, and a rack is one within it or none", () => {
  expect(read({ ...host, gpuMemoryFabricId: "D1", rack: "r1" })[0]).toEqual({
    instanceId: "id",
    tiers,
    domain: "D1",
    subDomain: "D1.r1",
  });
  expect(read({ ...host, gpuMemoryFabricId: "D1" })[0]).toEqual({ instanceId: "id", tiers, domain: "D1" });
  expect(read({ ...host, rack: "r1" })[0]).toEqual({ instanceId: "id", tiers });
});

function read(given: OciHost) {
  const missing: OciMissingData[] = [];
  return [ociTopology(given, (data) => missing.push(data)), missing] as const;
}
