import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { exactWords } from "../../../../test/exact-words.ts";
import { recordingHost } from "../../../../test/recording-host.ts";
import { json, wireServer, type WireServer } from "../../../../test/wire-server.ts";
import { createRecordedRunner } from "../../../remote/recorded-runner.ts";
import type { CommandOutput } from "../../../schema/command.ts";
import { layoutTree } from "../../graph/layout-tree.ts";
import { toParamMap } from "../../params/to-param-map.ts";
import type { Provider } from "../../provider.ts";
import { renderTree } from "../../render/tree.ts";
import { metadataCommand, usualMetadataUrl } from "./metadata.ts";
import { nscale } from "./nscale.ts";

const server = await wireServer(() => ({ status: 500 }));
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => {
  server.requests.length = 0;
});

const { signal } = new AbortController();
const servers = [
  { server_id: "srv-1", network_node_path: ["core-1", "spine-1", "leaf-1"] },
  { server_id: "srv-2", network_node_path: ["core-1", "spine-1", "leaf-2"], block_id: "block-1" },
  { server_id: "srv-3", network_node_path: ["core-1", "spine-1", "leaf-2"], block_id: null },
];
const instances = [
  { region: "region-a", instances: new Map(servers.map(({ server_id }, index) => [server_id, `node${index + 1}`])) },
];

describe("servers of Nscale", () => {
  test("come page by page until one is empty, with their paths from the root on", async () => {
    server.answer = paged((found) => ({ results: found }));
    const graph = await (await open()).graph({ instances, pageSize: 2 }, signal);
    expect(renderTree(layoutTree(graph))).toBe(
      [
        "SwitchName=core-1 Switches=spine-1",
        "SwitchName=spine-1 Switches=leaf-[1-2]",
        "SwitchName=leaf-1 Nodes=node1",
        "SwitchName=leaf-2 Nodes=node[2-3]",
        "",
      ].join("\n"),
    );
    expect([...(graph.domains?.keys() ?? [])]).toEqual(["block-1"]);
    expect(server.requests.map(({ url }) => url.pathname + url.search)).toEqual([
      "/v2/topology?limit=2&offset=0",
      "/v2/topology?limit=2&offset=2",
      "/v2/topology?limit=2&offset=3",
    ]);
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: "Bearer very secret",
      "x-organization": "org",
      "x-region": "region-a",
    });
  });

  test("are asked for a hundred at a time where nothing else is wanted", async () => {
    server.answer = paged((found) => ({ results: found }));
    await (await open()).graph({ instances }, signal);
    expect(server.requests[0]?.url.search).toBe("?limit=100&offset=0");
  });

  test("come in version 1 where an instance API is named, which knows their names", async () => {
    server.answer = (request) => {
      if (request.url.pathname !== "/v2/instances") {
        return paged((found) => found.map(({ server_id, ...rest }) => ({ ...rest, instance_id: server_id })))(request);
      }
      const named = [
        ["srv-1", "node1"],
        ["srv-2", "node2"],
        ["srv-9", "outside"],
      ].map(([id, name]) => ({ metadata: { id, name } }));
      return json(named);
    };
    const provider = await open({ params: { instanceApiUrl: server.url.href } });
    const graph = await provider.graph({ instances }, signal);
    expect(renderTree(layoutTree(graph))).toContain("SwitchName=leaf-1 Nodes=node1\n");
    expect(server.requests[0]?.url.pathname).toBe("/v1/topology");
    server.requests.length = 0;
    const { instanceMapper } = provider;
    expect(await instanceMapper?.nodesByInstance(["node1", "node2"], signal)).toEqual(
      new Map([
        ["srv-1", "node1"],
        ["srv-2", "node2"],
      ]),
    );
    expect((await instanceMapper?.nodesByInstance([], signal))?.size).toBe(3);
    expect(await instanceMapper?.regionsByNode(["node1"], signal)).toEqual(new Map([["node1", "region-a"]]));
    expect(server.requests[0]?.url.search).toBe("?organizationID=org&regionID=region-a");
    expect(server.requests[0]?.headers.authorization).toBe("Bearer very secret");
  });

  test("cannot be named by the instance API without a region", async () => {
    const creds = { org: "org", token: "t" };
    const { instanceMapper } = await open({ params: { instanceApiUrl: server.url.href }, creds });
    await expect(instanceMapper?.nodesByInstance(["node1"], signal)).rejects.toMatchObject({
      status: 400,
      message: "missing 'region'",
    });
  });

  test("are asked for with credentials that may be spelt in any case", async () => {
    server.answer = () => json({ results: [] });
    await (await open({ creds: { Org: "org", TOKEN: "very secret" } })).graph({ instances }, signal);
    expect(server.requests[0]?.headers).toMatchObject({ authorization: "Bearer very secret", "x-organization": "org" });
  });

  test("need a region", async () => {
    const request = { instances: [{ region: "", instances: new Map([["srv-1", "node1"]]) }] };
    await expect((await open()).graph(request, signal)).rejects.toMatchObject({
      status: 400,
      message: "must specify region",
    });
  });

  test("are told apart from none, which needs no question", async () => {
    expect(renderTree(layoutTree(await (await open()).graph({ instances: [] }, signal)))).toBe("");
    expect(server.requests).toEqual([]);
  });

  test.each([
    ["a refusal", { status: 400, body: "invalid request" }, 400, "invalid request"],
    ["a refused token", { status: 401, body: "expired" }, 401, "expired"],
    ["no JSON", { body: "not valid json" }, 502, /^invalid character /],
    ["another form", json({ results: "none" }), 502, /^unexpected reply/],
    ["the same page for ever", json({ results: servers }), 502, "the page at offset 3 repeats earlier ones"],
  ] as const)("fail where Radar answers with %s", async (_what, answer, status, message) => {
    server.answer = () => answer;
    await expect((await open()).graph({ instances }, signal)).rejects.toMatchObject({
      status,
      message: expect.stringMatching(exactWords(message)),
    });
  });

  test("are waited for as long as Radar asks, and no longer than wanted", async () => {
    let busy = 2;
    const calm = paged((found) => ({ results: found }));
    server.answer = (request) => (busy-- > 0 ? { status: 429, headers: { "retry-after": "0" } } : calm(request));
    expect(layoutTree(await (await open()).graph({ instances }, signal)).nodes).toHaveLength(3);

    const controller = new AbortController();
    const reason = new Error("no longer wanted");
    server.answer = () => {
      controller.abort(reason);
      return "hang";
    };
    await expect((await open()).graph({ instances }, controller.signal)).rejects.toBe(reason);
  });

  test.each([
    [{}, {}, "missing 'radarApiUrl'"],
    [{ radarApiUrl: "https://r" }, { token: "t" }, "missing 'org'"],
    [{ radarApiUrl: "https://r" }, { org: "o" }, "missing 'token'"],
    [
      { radarApiUrl: "https://r", imdsUrl: 1 },
      { org: "o", token: "t" },
      "invalid 'imdsUrl' value '1': unsupported type float64",
    ],
    [
      { radarApiUrl: "https://r", imdsUrl: "file:///etc/shadow" },
      { org: "o", token: "t" },
      "invalid 'imdsUrl' value 'file:///etc/shadow': must be an address of http or https",
    ],
    [
      { radarApiUrl: "https://r", trimTiers: "x" },
      { org: "o", token: "t" },
      /^failed to decode params: could not decode configuration: 1 error/,
    ],
  ])("cannot be asked for with %j and %j", async (params, creds, message) => {
    const settings = { params: toParamMap(params), creds: new Map(Object.entries(creds)) };
    await expect(nscale.open(settings, recordingHost(), signal)).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(exactWords(message)),
    });
  });
});

describe("nodes at Nscale", () => {
  const answers = [
    'node1: {"meta": {"serverID": "psrv-1", "regionID": "region-a"}}',
    'node2: {"meta": {"serverID": "psrv-2", "regionID": "region-b"}}',
    'node3: {"meta": {"regionID": "region-a"}}',
    "node4: not valid json",
    'node5: {"meta": {"serverID": 5}}',
    "no node at all",
    "",
  ].join("\n");
  const nodes = ["node1", "node2", "node3", "node4", "node5"];

  test("say themselves which servers they are, in one sweep for both questions", async () => {
    const { host, asked } = hostWhere({ stdout: answers });
    const { instanceMapper } = await open({ host, creds: { org: "o", token: "t" } });
    expect(await instanceMapper?.nodesByInstance(nodes, signal)).toEqual(
      new Map([
        ["psrv-1", "node1"],
        ["psrv-2", "node2"],
      ]),
    );
    expect(await instanceMapper?.regionsByNode(nodes, signal)).toEqual(
      new Map([
        ["node1", "region-a"],
        ["node2", "region-b"],
        ["node3", "region-a"],
      ]),
    );
    expect(asked()).toBe(1);
  });

  test("of another region than the credentials name are left out, and told", async () => {
    const { host } = hostWhere({ stdout: answers });
    const { instanceMapper } = await open({ host });
    expect(await instanceMapper?.nodesByInstance(nodes, signal)).toEqual(new Map([["psrv-1", "node1"]]));
    expect(host.recorded.log).toContain(
      'warning: Nscale: node node2 is left out, for it is in "region-b", not in "region-a"',
    );
  });

  test("that are down do not hide the others", async () => {
    const { host } = hostWhere({ stdout: answers, stderr: "node9: no route\n", exitCode: 255 });
    const { instanceMapper } = await open({ host });
    expect((await instanceMapper?.nodesByInstance(nodes, signal))?.size).toBe(1);
    const { host: deaf } = hostWhere({ stderr: "node1: no route\n", exitCode: 255 });
    const mapper = (await open({ host: deaf })).instanceMapper;
    await expect(mapper?.nodesByInstance(nodes, signal)).rejects.toMatchObject({
      status: 500,
      message: "pdsh failed: node1: no route  : exit status 255",
    });
  });

  test("ask an address in quotes, whatever stands in it", () => {
    expect(metadataCommand(usualMetadataUrl)).toBe(`res=$(curl -fsS -- '${usualMetadataUrl}') && echo "$res"`);
    expect(metadataCommand("http://example.com/x'; rm -rf / #")).toBe(
      `res=$(curl -fsS -- 'http://example.com/x'\\''; rm -rf / #') && echo "$res"`,
    );
  });

  function hostWhere(output: Partial<CommandOutput>): {
    readonly host: ReturnType<typeof recordingHost>;
    readonly asked: () => number;
  } {
    const argv = ["pdsh", "-R", "ssh", "-S", "-u", "10", "-w", "node[1-5]", metadataCommand(usualMetadataUrl)] as const;
    const runner = createRecordedRunner([
      { argv: [...argv], output: { stdout: "", stderr: "", exitCode: 0, ...output } },
    ]);
    let count = 0;
    const counting: typeof runner = {
      ...runner,
      output: (command, options) => {
        count++;
        return runner.output(command, options);
      },
    };
    return { host: recordingHost({ runner: counting }), asked: () => count };
  }
});

function paged(asBody: (found: typeof servers) => unknown): WireServer["answer"] {
  return ({ url }) => {
    const [offset, limit] = ["offset", "limit"].map((name) => Number(url.searchParams.get(name)));
    return json(asBody(servers.slice(offset, (offset ?? 0) + (limit ?? 0))));
  };
}

function open({
  host = recordingHost(),
  params = {},
  creds = { org: "org", token: "very secret", region: "region-a" },
}: {
  readonly host?: ReturnType<typeof recordingHost>;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly creds?: Readonly<Record<string, string>>;
} = {}): Promise<Provider> {
  const settings = {
    params: toParamMap({ radarApiUrl: server.url.href, ...params }),
    creds: new Map(Object.entries(creds)),
  };
  return nscale.open(settings, host, signal);
}
