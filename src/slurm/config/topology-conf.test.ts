import { expect, test } from "vitest";
import { presetPlan } from "../../../test/preset-plans.ts";
import { writeConfig } from "./write-config.ts";

const plan = presetPlan("multi-node", "22.05");

test("a cluster with switches is placed by them, and topology.conf says which they are", () => {
  const switches = [
    { name: "top", switches: ["left", "right"] },
    { name: "left", nodes: ["cpu-0"] },
    { name: "right", nodes: ["cpu-1"] },
  ];
  const files = new Map(writeConfig({ ...plan, switches }).map(({ path, text }) => [path, text]));
  expect(files.get("config/slurm.conf")).toMatch(/^TopologyPlugin=topology\/tree$/m);
  expect(files.get("config/topology.conf")).toBe(
    [
      "# topology.conf(5) of the test cluster multi-node, written by `sluice cluster create`.",
      "# It is yours to edit: what you change here stays, and takes effect at the next `sluice cluster start`.",
      "",
      "SwitchName=top Switches=left,right",
      "SwitchName=left Nodes=cpu-0",
      "SwitchName=right Nodes=cpu-1",
      "",
    ].join("\n"),
  );
});

test("switches that are no tree are refused", () => {
  const switches = [{ name: "top", switches: ["nowhere"] }];
  expect(() => writeConfig({ ...plan, switches })).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
});
