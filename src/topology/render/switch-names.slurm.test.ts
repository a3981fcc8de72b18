import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newerSlurm } from "../../../scripts/newer-slurm.ts";
import { startController, type LoneController } from "../../../test/lone-controller.ts";
import { graphOf } from "../../../test/topology-graphs.ts";
import { renderTopology } from "./render-topology.ts";

const config = { plugin: "topology/tree", blockSizes: [], topologies: new Map(), compress: true };

describe.each(["22.05", "24.11"])("slurmctld %s", (release) => {
  let controller: LoneController;
  let started: LoneController | undefined;

  beforeAll(async () => {
    const root = release === "22.05" ? undefined : newerSlurm();
    if (release !== "22.05" && root === undefined) throw new Error("these tests need Debian's Slurm 24.11");
    const topology = "SwitchName=all Nodes=n[1-3]\n";
    started = controller = await startController({ nodes: ["n[1-3]"], topology, ...(root !== undefined && { root }) });
  });

  afterAll(() => started?.[Symbol.asyncDispose]());

  const isRead = (): Promise<boolean> =>
    controller.restart().then(
      () => true,
      () => false,
    );

  test.each([
    "a b",
    "a#1",
    "a,b",
    "a[1",
    "a[1-2]",
    '"a"',
    "z\\",
    "a]",
    "a=b",
    'a"b',
    "a\\b",
    "ü😀",
    "a(b)",
    "-a",
    "a*;",
  ])("starts with a switch that is called %s where we say so", async (name) => {
    const rendered = await renderTopology(graphOf({ core: { [name]: "n1", m: "n[2-3]" } }), config);
    await writeFile(controller.topologyConf, rendered.text);
    expect(await isRead()).toBe(rendered.unreadable === undefined);
  });

  test.each([64, 65])("reads names of %d bytes, the longer ones before 24.11 alone", async (length) => {
    const rendered = await renderTopology(graphOf({ core: { ["x".repeat(length)]: "n[1-3]" } }), config);
    await writeFile(controller.topologyConf, rendered.text);
    expect(rendered.unreadable).toBeUndefined();
    expect(await isRead()).toBe(release === "22.05" || rendered.unreadableBySome === undefined);
  });
});
