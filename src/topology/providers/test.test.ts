import { describe, expect, test } from "vitest";
import { generate } from "../../../test/simulated-topology.ts";
import { toParamMap } from "../params/to-param-map.ts";
import { testProvider } from "./test.ts";

const builtIn = `SwitchName=S1 Switches=S[2-3]
SwitchName=S2 Nodes=Node[201-202,205]
SwitchName=S3 Nodes=Node[304-306]
`;
const smallTree = `SwitchName=S1 Switches=S[2-3]
SwitchName=S2 Nodes=I[21-22,25]
SwitchName=S3 Nodes=I[34-36]
`;
const request = (params?: object) => ({ provider: "test", ...(params && { params }) });

describe("a request of the test provider", () => {
  const admit = (params: object) => testProvider.admit?.(toParamMap(params));

  test.each([{}, { generateResponseCode: 202 }, { generateResponseCode: "202" }, { generateResponseCode: null }])(
    "is accepted: %j",
    (params) => {
      expect(() => admit(params)).not.toThrow();
    },
  );

  test.each([
    [{ generateResponseCode: 400, errorMessage: "bad" }, 400, "bad"],
    [{ generateResponseCode: 599 }, 599, ""],
    [{ GenerateResponseCode: "503", errorMessage: "later" }, 503, "later"],
    [{ generateResponseCode: 200 }, 400, "Unsupported response code."],
    [{ generateResponseCode: 399 }, 400, "Unsupported response code."],
    [{ generateResponseCode: 600 }, 400, "Unsupported response code."],
    [{ generateResponseCode: 0 }, 400, "Unsupported response code."],
    [
      { generateResponseCode: "x" },
      400,
      `error decoding params: could not decode configuration: 1 error(s) decoding:\n\n* error decoding 'generateResponseCode': invalid int "x"`,
    ],
  ])("is refused at once: %j", (params, status, message) => {
    expect(() => admit(params)).toThrow(expect.objectContaining({ status, message }));
  });
});

describe("the result of the test provider", () => {
  test.each([
    [{ topologyResponseCode: 500, errorMessage: "broken" }, "500 broken"],
    [{ topologyResponseCode: 404 }, "404 "],
    [{ topologyResponseCode: 202, errorMessage: "wait" }, "202 wait"],
    [{ topologyResponseCode: 202 }, "202 "],
    [{ topologyResponseCode: 201 }, "400 Invalid topology response code: 201"],
    [{ topologyResponseCode: 600 }, "400 Invalid topology response code: 600"],
    [{ topologyResponseCode: 200 }, builtIn],
    [{ testcaseName: "a name", description: 5, topologyResponseCode: 200.9 }, builtIn],
  ])("is what is asked for: %j", async (params, expected) => {
    expect(await generate(request(params))).toBe(expected);
  });

  test("is a built-in tree without domains where no model is named", async () => {
    expect(await generate(request())).toBe(builtIn);
    expect(await generate({ ...request(), engineParams: { plugin: "topology/block" } })).toBe(
      "400 missing block topology",
    );
    expect(await generate({ ...request(), engine: "graph" })).toBe('{"instances":[]}');
  });

  test("is a model's whole tree, whatever nodes are requested", async () => {
    const model = request({ modelFileName: "small-tree.yaml" });
    expect(await generate(model)).toBe(smallTree);
    expect(await generate({ ...model, nodes: { none: { "i-I21": "other", x: "y" } } })).toBe(smallTree);
    expect(await generate({ ...model, engineParams: { plugin: "topology/block" } })).toBe(`# block001=nvl2
BlockName=block001 Nodes=I[21-22,25]
# block002=nvl3
BlockName=block002 Nodes=I[34-36]
BlockSizes=3,6
`);
  });

  test("lists the requested instances only, by `i-` and the name of their node", async () => {
    const labels = { "topology.kubernetes.io/region": "none" };
    const graph = { ...request({ modelFileName: "small-tree.yaml" }), engine: "graph" };
    const nodes = { none: { "i-I21": "I21", "i-I22": "I22" } };
    expect(JSON.parse(await generate({ ...graph, nodes }))).toEqual({
      instances: [
        { id: "i-I21", labels, network_layers: ["S2", "S1"] },
        { id: "i-I22", labels, network_layers: ["S2", "S1"] },
      ],
    });
    const { instances } = JSON.parse(await generate(graph));
    expect(instances).toHaveLength(6);
    expect(await generate({ ...graph, nodes: { none: { x: "y" } } })).toBe('{"instances":[]}');
  });

  test("leaves switches without nodes out", async () => {
    const irregular = await generate(request({ modelFileName: "dual-xclr-irregular.yaml" }));
    expect(irregular).toContain("SwitchName=sw-01 Switches=rack-1-[01-02,04-12,14-16]\n");
    expect(irregular).not.toMatch(/Nodes=($|,)/m);
  });

  test.each([
    ["a/b.yaml", `modelFileName "a/b.yaml" must be a bare filename, not a path`],
    ["/etc/passwd", `modelFileName "/etc/passwd" must be a bare filename, not a path`],
    ["../../etc/shadow", `modelFileName "../../etc/shadow" must be a bare filename, not a path`],
    ["X", "failed to read model file X: failed to read X: open models/X: file does not exist"],
  ])("cannot be of the model %j", async (modelFileName, message) => {
    expect(await generate(request({ modelFileName }))).toBe(`400 ${message}`);
  });
});
