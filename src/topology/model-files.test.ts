import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { builtInModels, readModelFile } from "./model-files.ts";
import { readModel } from "./models/read-model.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-models-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (fileName: string) => readModelFile(fileName, new AbortController().signal);

describe("models that come with Sluice", () => {
  test("are those of Topograph and one of the requirements' Crusoe cluster", () => {
    expect(builtInModels()).toEqual([
      "crusoe-small.yaml",
      "crusoe-two-pods.yaml",
      "dual-xclr-irregular.yaml",
      "dual-xclr-regular.yaml",
      "large.yaml",
      "medium.yaml",
      "nvl72.yaml",
      "small-tree.yaml",
    ]);
  });

  test.each([
    ["crusoe-small.yaml", 5, 8, ["none"], ["29d9a0b8-948d-4a61-8b9e-fbbbf06c521b.32766"]],
    ["crusoe-two-pods.yaml", 3, 8, ["none"], []],
    ["dual-xclr-irregular.yaml", 34, 255, ["us-east"], ["domain-01", "domain-02"]],
    ["dual-xclr-regular.yaml", 19, 96, ["us-east"], ["nvl-1", "nvl-2"]],
    ["large.yaml", 19, 96, ["us-east"], Array.from({ length: 12 }, (_, i) => `nvl-${1 + (i >> 1)}-${1 + (i % 2)}`)],
    ["medium.yaml", 7, 8, ["us-west"], ["nvl1", "nvl2", "nvl3", "nvl4"]],
    ["nvl72.yaml", 7, 72, ["us-east"], ["nvl-1-1", "nvl-1-2", "nvl-2-1", "nvl-2-2"]],
    ["small-tree.yaml", 3, 6, ["none"], ["nvl2", "nvl3"]],
  ])("%s has %i switches and %i nodes", async (name, switches, nodes, regions, domains) => {
    const model = await readModel(await read(name), name);
    expect(model.switches.size).toBe(switches);
    expect(model.nodes.size).toBe(nodes);
    expect(model.regions.map(({ region }) => region)).toEqual(regions);
    const found = new Set([...model.nodes.values()].flatMap(({ domain }) => domain ?? []));
    expect([...found]).toEqual(domains);
  });

  test("have the nodes, tiers and labels of Topograph's", async () => {
    const medium = await readModel(await read("medium.yaml"), "medium.yaml");
    expect(medium.nodes.get("1101")).toEqual({
      tiers: ["sw11", "sw21", "sw3"],
      labels: { "topology.kubernetes.io/region": "us-west", "topology.kubernetes.io/zone": "zone1" },
      annotations: { "accelerator.topology.test/domain": "nvl1" },
      domain: "nvl1",
      subDomain: undefined,
    });
    const nvl72 = await readModel(await read("nvl72.yaml"), "nvl72.yaml");
    expect(nvl72.nodes.get("node2215")).toMatchObject({
      tiers: ["leaf-2-2", "spine-2", "core"],
      labels: { "topology.kubernetes.io/region": "us-east", "topology.kubernetes.io/zone": "zone1" },
      domain: "nvl-2-2",
    });
    const dual = await readModel(await read("dual-xclr-regular.yaml"), "dual-xclr-regular.yaml");
    expect(dual.nodes.get("srv1101")).toMatchObject({ domain: "nvl-1", subDomain: "rack01" });
    expect(dual.nodes.get("srv6201")).toMatchObject({ domain: "nvl-2", subDomain: "rack12" });
    const irregular = await readModel(await read("dual-xclr-irregular.yaml"), "dual-xclr-irregular.yaml");
    const rack = [...irregular.nodes].filter(([, { subDomain }]) => subDomain === "rack-1-04");
    expect(rack.map(([name]) => name)).toEqual(
      ["0028", "0029", "0030", "0032", "0034", "0035", "0036"].map((number) => `node${number}`),
    );
  });
});

describe("the file of a model", () => {
  test("is read from disk where a path is given", async () => {
    writeFileSync(join(folder, "own.yaml"), "blocks: []\n");
    expect(await read(join(folder, "own.yaml"))).toBe("blocks: []\n");
  });

  test("is a built-in one where a path in tests/models has no file", async () => {
    const builtIn = await read("medium.yaml");
    expect(await read("tests/models/medium.yaml")).toBe(builtIn);
    expect(await read("../../tests/models/medium.yaml")).toBe(builtIn);
    expect(await read(join(folder, "tests/models/medium.yaml"))).toBe(builtIn);
  });

  test.each([
    ["nope.yaml", "failed to read nope.yaml: open models/nope.yaml: file does not exist"],
    ["..", "failed to read ..: open models/..: file does not exist"],
    ["x/nope.yaml", "failed to read x/nope.yaml: open x/nope.yaml: no such file or directory"],
    ["x/medium.yaml", "failed to read x/medium.yaml: open x/medium.yaml: no such file or directory"],
    [
      "tests/models/no.yaml",
      "failed to read tests/models/no.yaml: open tests/models/no.yaml: no such file or directory",
    ],
    ["/", "failed to read /: read /: is a directory"],
    ["/etc/passwd/x", "failed to read /etc/passwd/x: open /etc/passwd/x: not a directory"],
    ["/a\0b", "failed to read /a\0b: open /a\0b: invalid argument"],
    ["/dev/zero", "failed to read /dev/zero: read /dev/zero: not a regular file"],
  ])("%j is refused", async (fileName, message) => {
    await expect(read(fileName)).rejects.toThrow(new Error(message));
  });

  test("that is larger than any model is refused before it is read", async () => {
    const path = join(folder, "huge.yaml");
    writeFileSync(path, "");
    truncateSync(path, 10 * 1024 ** 3);
    await expect(read(path)).rejects.toThrow("10737418240 bytes are more than a model may have (16777216)");
  });

  test("that is a FIFO is refused and not waited for", async () => {
    const path = join(folder, "fifo");
    execFileSync("mkfifo", [path]);
    await expect(read(path)).rejects.toThrow("not a regular file");
  });

  test("is not read where the request has ended", async () => {
    await expect(readModelFile("medium.yaml", AbortSignal.abort(new Error("ended")))).rejects.toThrow("ended");
  });
});
