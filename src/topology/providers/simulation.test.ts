import { describe, expect, test } from "vitest";
import { generate, modelHost } from "../../../test/simulated-topology.ts";
import { toParamMap } from "../params/to-param-map.ts";
import { providerKinds } from "./registry.ts";

/** Two leaf switches in three tiers, as upstream's own tests have it; names are numbers, which every cloud takes. */
const cluster = `
switches:
  core: {switches: [spine]}
  spine: {labels: {topology.kubernetes.io/zone: az1}, switches: [tor1, tor2]}
blocks:
- {switch: tor1, nodes: ["11", "12"], annotations: {accelerator.topology.test/domain: nvl1}}
- {switch: tor2, nodes: ["21", "22"], annotations: {accelerator.topology.test/domain: nvl2}}
`;
const host = () =>
  modelHost({ "dir/cluster.yaml": cluster, "dir/empty.yaml": "", "dir/bad.yaml": "bad: model: error:" });
const params = { modelFileName: "dir/cluster.yaml" };
const five = { region: { 11: "node11", 12: "node12", 21: "node21", 22: "node22", 31: "node31" } };

const clouds = ["aws-sim", "gcp-sim", "oci-sim", "nebius-sim", "lambdai-sim", "nscale-sim", "dsx-sim", "crusoe-sim"];

const tree = `SwitchName=core Switches=spine
SwitchName=no-topology Nodes=node31
SwitchName=spine Switches=tor[1-2]
SwitchName=tor1 Nodes=node[11-12]
SwitchName=tor2 Nodes=node[21-22]
`;
const ociTree = `# switch.3.1=core
SwitchName=switch.3.1 Switches=switch.2.1
SwitchName=no-topology Nodes=node31
# switch.2.1=spine
SwitchName=switch.2.1 Switches=switch.1.[1-2]
# switch.1.1=tor1
SwitchName=switch.1.1 Nodes=node[11-12]
# switch.1.2=tor2
SwitchName=switch.1.2 Nodes=node[21-22]
`;
const crusoeTree = "SwitchName=no-topology Nodes=node[11-12,21-22,31]\n";
const treeOf = (cloud: string) => (cloud === "oci-sim" ? ociTree : cloud === "crusoe-sim" ? crusoeTree : tree);

const blocks = (first: string, second: string) => `# block001=${first}
BlockName=block001 Nodes=node[11-12]
# block002=${second}
BlockName=block002 Nodes=node[21-22]
BlockSizes=2,4
`;
const domainsOf: Readonly<Record<string, readonly [string, string]>> = {
  "gcp-sim": ["tor1", "tor2"],
  "lambdai-sim": ["nvl1.simulation", "nvl2.simulation"],
};

describe.each(clouds)("%s", (provider) => {
  test("needs the name of a model", async () => {
    expect(await generate({ provider })).toBe("400 no model file name for simulation");
    expect(await generate({ provider, params: { modelFileName: "" } })).toBe("400 no model file name for simulation");
  });

  test("says why a model cannot be loaded", async () => {
    expect(await generate({ provider, params: { modelFileName: "/no/such.yaml" } })).toBe(
      "400 failed to load model file: failed to read /no/such.yaml: open /no/such.yaml: no such file or directory",
    );
    expect(await generate({ provider, params: { modelFileName: "no-such.yaml" } })).toBe(
      "400 failed to load model file: failed to read no-such.yaml: open models/no-such.yaml: file does not exist",
    );
    expect(await generate({ provider, params: { modelFileName: "dir/bad.yaml" } }, host())).toContain(
      "400 failed to load model file: failed to parse dir/bad.yaml: yaml: line 1: ",
    );
  });

  test("says what is wrong with its parameters", async () => {
    expect(await generate({ provider, params: { ...params, api_error: "x", trimTiers: "y" } }, host())).toBe(
      "400 error decoding params: could not decode configuration: 2 error(s) decoding:\n\n" +
        `* error decoding 'api_error': invalid int "x"\n* error decoding 'trimTiers': invalid int "y"`,
    );
  });

  test("takes the older name of the model's parameter, which counts less", async () => {
    const request = { provider, nodes: five };
    expect(await generate({ ...request, params: { model_path: "dir/cluster.yaml" } }, host())).toBe(treeOf(provider));
    const both = { model_path: "dir/no.yaml", modelFileName: "dir/cluster.yaml" };
    expect(await generate({ ...request, params: both }, host())).toBe(treeOf(provider));
  });

  test("gives nothing for an empty model", async () => {
    const nothing = provider === "crusoe-sim" ? "404 no requested nodes found among 0 selected nodes" : "";
    expect(await generate({ provider, params: { modelFileName: "dir/empty.yaml" } }, host())).toBe(nothing);
  });

  test("places what is requested, in pages of any size, and tells by a metric what it does not know", async () => {
    const missing = `topograph_missing_topology{"provider":"${provider}","node":"node31"}`;
    for (const pageSize of [undefined, 1, 2, 3, 1000]) {
      const asked = host();
      const request = { provider, params, nodes: five, ...(pageSize !== undefined && { pageSize }) };
      expect(await generate(request, asked)).toBe(treeOf(provider));
      expect(asked.marks.filter((mark) => mark === missing)).toHaveLength(1);
    }
  });

  test("writes its domains as blocks", async () => {
    const [first, second] = domainsOf[provider] ?? ["nvl1", "nvl2"];
    const request = { provider, params, engineParams: { plugin: "topology/block" }, nodes: five };
    expect(await generate(request, host())).toBe(blocks(first, second));
  });

  test("supplies the nodes of the model itself, each by its name, where none are requested", async () => {
    const renamed = treeOf(provider)
      .replaceAll(/node\[([\d,-]+)\]/g, "[$1]")
      .replace(/SwitchName=no-topology Nodes=node31\n/, "")
      .replace("[11-12,21-22,31]", "[11-12,21-22]");
    expect(await generate({ provider, params }, host())).toBe(renamed);
  });

  test("groups them by region", async () => {
    const more = `- {nodes: ["31"], labels: {topology.kubernetes.io/region: eu, topology.kubernetes.io/zone: a}}\n`;
    const settings = { creds: new Map(), params: toParamMap({ modelFileName: "two.yaml" }) };
    const { signal } = new AbortController();
    const opened = await providerKinds.get(provider).open(settings, modelHost({ "two.yaml": cluster + more }), signal);
    expect(await opened.computeInstances?.(signal)).toEqual([
      { region: "eu", instances: new Map([["31", "31"]]) },
      { region: "none", instances: new Map(["11", "12", "21", "22"].map((name) => [name, name])) },
    ]);
  });

  test("trims tiers from the top, as many as it is told by number or text", async () => {
    const trimmed = (trimTiers: unknown, engineParams = {}) =>
      generate({ provider, params: { ...params, trimTiers }, engineParams, nodes: five }, host());
    const whole = treeOf(provider);
    expect(await trimmed(-3)).toBe(whole);
    expect(await trimmed("1")).toBe(whole.replace(/^(# .*\n)?SwitchName=(core|switch\.3\.1) .*\n/, ""));
    // With all tiers gone nodes stand under no switch, and blocks are as they were.
    const known = { provider, params: { ...params, trimTiers: 3 }, nodes: { region: { 11: "node11" } } };
    expect(await generate(known, host())).toBe("");
    expect(await trimmed(7)).toBe("SwitchName=no-topology Nodes=node31\n");
    const [first, second] = domainsOf[provider] ?? ["nvl1", "nvl2"];
    expect(await trimmed(7, { plugin: "topology/block" })).toBe(blocks(first, second));
  });
});

describe("a region", () => {
  test.each(["aws-sim", "gcp-sim", "oci-sim", "nebius-sim", "lambdai-sim", "nscale-sim"])(
    "must be specified for %s",
    async (provider) => {
      const nodes = { "": { 11: "node11" } };
      expect(await generate({ provider, params, nodes }, host())).toBe("400 must specify region");
    },
  );

  test.each(["dsx-sim", "crusoe-sim"])("may be left out for %s", async (provider) => {
    const nodes = { "": { 11: "node11" } };
    expect(await generate({ provider, params, nodes }, host())).toContain("Nodes=node11\n");
  });
});

describe("api_error", () => {
  test.each([
    ["aws-sim", 4, "failed to get client: API error"],
    ["aws-sim", 5, "failed to describe instance topology: API error"],
    ["gcp-sim", 2, "failed to get client: API error"],
    ["gcp-sim", 3, "API error"],
    ["oci-sim", 2, "failed to create API client: API error"],
    ["oci-sim", 3, "failed to get availability domains: API error"],
    ["oci-sim", 4, "failed to get hosts info: API error"],
    ["oci-sim", 5, "failed to get hosts info: API error"],
    ["nebius-sim", 2, "failed to create API client: API error"],
    ["nebius-sim", 3, "failed to get instance list: API error"],
    ["nscale-sim", 2, "failed to get topology: API error"],
    ["lambdai-sim", 2, "failed to create API client: API error"],
    ["lambdai-sim", 3, "failed to get instance list: API error"],
    ["dsx-sim", 2, "failed to get client: API error"],
    ["dsx-sim", 3, "API error: API error"],
  ])("of %s %i is a 502: %s", async (provider, code, message) => {
    for (const given of [code, String(code), code + 0.7]) {
      const request = { provider, params: { ...params, api_error: given }, nodes: { region: { 11: "node11" } } };
      expect(await generate(request, host())).toBe(`502 ${message}`);
    }
  });

  test.each([
    ["the path is empty", 4],
    ["metadata is missing", 5],
  ])("of nebius-sim where %s puts all nodes under no-topology", async (_, code) => {
    const request = { provider: "nebius-sim", params: { ...params, api_error: code }, nodes: { r: { 11: "node11" } } };
    expect(await generate(request, host())).toBe("SwitchName=no-topology Nodes=node11\n");
  });

  test.each(clouds)("of %s does nothing where its number means none", async (provider) => {
    for (const code of [0, 1, 6, 99, -1]) {
      const request = { provider, params: { ...params, api_error: code }, nodes: five };
      expect(await generate(request, host())).toBe(treeOf(provider));
    }
  });
});
