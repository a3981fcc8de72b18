import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer as createTlsServer } from "node:https";
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { exactWords } from "../../../test/exact-words.ts";
import { recordingHost } from "../../../test/recording-host.ts";
import { json, wireServer, type WireAnswer, type WireRequest } from "../../../test/wire-server.ts";
import { layoutTree } from "../graph/layout-tree.ts";
import type { TopologyGraph } from "../graph/topology-graph.ts";
import { toParamMap } from "../params/to-param-map.ts";
import { renderTree } from "../render/tree.ts";
import { netq } from "./netq.ts";

const server = await wireServer(() => ({ status: 500 }));
afterAll(() => server[Symbol.asyncDispose]());

const { signal } = new AbortController();
const creds = new Map([
  ["username", 'an "odd" user'],
  ["password", "very secret"],
]);

/** The replies of a NetQ server with one site, by path; a test changes what it is about. */
let replies: Record<string, WireAnswer>;
const login = "/api/netq/auth/v1/login";
const select = "/api/netq/auth/v1/select/opid";
const fetchTopology = "/api/netq/telemetry/v1/object/topologygraph/fetch-topology";
const computeNodes = "/nmx/v1/compute-nodes";

/** Two leaves with two hosts each under two spines; every switch knows its links, as in Topograph's own example. */
const fabric = [
  {
    nodes: [
      {
        compounded_nodes: [
          host("node1", "dgx-01"),
          host("node2", "dgx-02"),
          host("node3", "dgx-03"),
          host("node4", "dgx-04"),
        ],
      },
      { compounded_nodes: [device("leaf1", "net-l1", 0), device("leaf2", "net-l2", 0)] },
      { compounded_nodes: [device("spine1", "net-s1", 1), device("spine2", "net-s2", 1)] },
    ],
    links: [
      ...links("leaf1", "node1", "node2", "spine1", "spine2"),
      ...links("leaf2", "node3", "node4", "spine1", "spine2"),
    ],
  },
];

beforeEach(() => {
  server.requests.length = 0;
  replies = {
    [login]: json({
      access_token: "first",
      premises: [
        { config_key_viewed: true, name: "site", namespace: "ns", opid: 20001 },
        { config_key_viewed: false, name: "not viewed", opid: 2 },
      ],
    }),
    [`${select}/20001`]: json({ access_token: "second" }),
    [fetchTopology]: json(fabric),
    [computeNodes]: json([
      { ID: "1", Name: "dgx-01", DomainUUID: "3fbfc98b" },
      { ID: "2", Name: "dgx-02", DomainUUID: "3fbfc98b" },
      { ID: "3", Name: "dgx-03", DomainUUID: "" },
      { ID: "4", Name: "elsewhere", DomainUUID: "3fbfc98b" },
    ]),
  };
  server.answer = ({ url }: WireRequest) => replies[url.pathname] ?? { status: 404, body: "no such page" };
});

describe("NetQ", () => {
  test("tells the tree of its premises, in which switches with the same children are one", async () => {
    expect(treeOf(await graph())).toBe(
      [
        "# net-s1=spine1",
        "SwitchName=net-s1 Switches=net-l[1-2]",
        "# net-l1=leaf1",
        "SwitchName=net-l1 Nodes=dgx-[01-02]",
        "# net-l2=leaf2",
        "SwitchName=net-l2 Nodes=dgx-[03-04]",
        "",
      ].join("\n"),
    );
  });

  test("is asked in this order, with the token of each step", async () => {
    await graph();
    expect(
      server.requests.map(({ method, url, headers, body }) => [
        method,
        url.pathname + url.search,
        headers.authorization,
        body,
      ]),
    ).toEqual([
      ["POST", login, undefined, JSON.stringify({ username: 'an "odd" user', password: "very secret" })],
      ["GET", `${select}/20001`, "Bearer first", ""],
      ["POST", `${fetchTopology}?timestamp=0`, "Bearer second", '{"filters":[],"subgroupNestingDepth":2}'],
      ["GET", computeNodes, `Basic ${Buffer.from('an "odd" user:very secret').toString("base64")}`, ""],
    ]);
  });

  test("tells NVLink domains of requested nodes", async () => {
    const { domains } = await graph();
    expect([...(domains ?? [])].map(([name, hosts]) => [name, [...hosts.keys()]])).toEqual([
      ["3fbfc98b", ["dgx-01", "dgx-02"]],
    ]);
  });

  test.each([
    { status: 404, body: "no NMX here" },
    { status: 200, body: "<html>" },
  ])("does without domains where NMX answers $status with $body", async (reply) => {
    replies[computeNodes] = reply;
    const own = recordingHost();
    const found = await graph({ host: own });
    expect(found.domains).toBeUndefined();
    expect(treeOf(found)).toContain("net-l1");
    expect(own.recorded.log.filter((line) => line.startsWith("warning: NVLink domains"))).toHaveLength(1);
    expect(own.recorded.log.join("\n")).not.toContain("secret");
  });

  test("leaves out hosts that were not asked for", async () => {
    expect(treeOf(await graph({ names: ["dgx-03"] }))).toContain("SwitchName=net-l2 Nodes=dgx-03\n");
    expect(treeOf(await graph({ names: ["dgx-03"] }))).not.toContain("dgx-01");
  });

  test("puts the hosts of all premises into one tree", async () => {
    replies[login] = json({
      access_token: "first",
      premises: [1, 2].map((opid) => ({ config_key_viewed: true, name: `site ${opid}`, opid })),
    });
    replies[`${select}/1`] = json({ access_token: "one" });
    replies[`${select}/2`] = json({ access_token: "two" });
    const other = [
      { nodes: [{ compounded_nodes: [host("n9", "dgx-09"), device("tor", "tor", 0)] }], links: links("tor", "n9") },
    ];
    server.answer = ({ url, headers }) => {
      if (url.pathname === fetchTopology && headers.authorization === "Bearer two") return json(other);
      return replies[url.pathname] ?? { status: 404 };
    };
    const tree = treeOf(await graph({ names: ["dgx-01", "dgx-09"] }));
    expect(tree).toContain("SwitchName=tor Nodes=dgx-09\n");
    expect(tree).toContain("SwitchName=net-l1 Nodes=dgx-01\n");
  });

  test("may name links to what it does not know, of one tier, or of no form", async () => {
    const odd = ["node1-*-nowhere", "leaf1-*-leaf2", "leaf1", "a-*-b-*-c"].map((id) => ({ id }));
    replies[fetchTopology] = json([{ ...fabric[0], links: [...odd, ...(fabric[0]?.links ?? [])] }]);
    const own = recordingHost();
    expect(treeOf(await graph({ host: own }))).toContain("SwitchName=net-s1 Switches=net-l[1-2]\n");
    expect(own.recorded.log.filter((line) => line.startsWith("warning: NetQ:"))).toEqual([
      'warning: NetQ: node ID "nowhere" not found',
      'warning: NetQ: invalid link ID "leaf1-*-leaf2": nodes belong to the same tier 0',
      'warning: NetQ: invalid link ID "leaf1"',
      'warning: NetQ: invalid link ID "a-*-b-*-c"',
    ]);
  });

  test("that knows a host but none of its switches gives it a tree of its own", async () => {
    replies[fetchTopology] = json([
      { nodes: [{ compounded_nodes: [host("leaf1", "node-a")] }], links: [{ id: "leaf1-*-sw" }] },
    ]);
    const { root } = await graph({ names: ["node-a"] });
    expect([...(root?.children.values() ?? [])]).toEqual([{ id: "leaf1", name: "node-a", children: new Map() }]);
  });

  test.each([
    ["nothing at all", login, { body: "" }, 401, "failed to login to NetQ server"],
    ["no JSON", login, { body: "{" }, 502, "failed to parse access token: unexpected end of JSON input"],
    ["another form", login, json([]), 502, /^failed to parse access token: unexpected reply: /],
    ["a refusal", login, { status: 403, body: "wrong password" }, 403, "wrong password"],
    ["no premises", login, json({ access_token: "t" }), 502, "no topology available from the provided premises"],
    ["nothing at all", `${select}/20001`, { body: "" }, 502, "failed to set NetQ OpID"],
    ["no JSON", `${select}/20001`, { body: "x" }, 502, /^failed to parse access token: invalid character 'x' /],
    ["nothing at all", fetchTopology, { body: "" }, 502, "netq output read failed: unexpected end of JSON input"],
    ["several entries", fetchTopology, json([{}, {}]), 502, "invalid NetQ response: multiple entries"],
    ["no entry", fetchTopology, json([]), 502, "invalid NetQ response: multiple entries"],
    ["an empty one", fetchTopology, json([{}]), 502, "no topology available from the provided premises"],
    [
      "another form",
      fetchTopology,
      json([{ links: 3 }]),
      502,
      /^netq output read failed: unexpected reply at 0\.links: /,
    ],
  ] as const)("that answers %s at %s is refused", async (_what, path, reply, status, message) => {
    replies[path] = reply;
    await expect(graph()).rejects.toMatchObject({
      status,
      message: expect.stringMatching(exactWords(message)),
    });
  });

  test("that repeats the password it refuses has it told to nobody", async () => {
    replies[login] = { status: 401, body: 'no such user: {"password":"very secret"}' };
    await expect(graph()).rejects.toMatchObject({ status: 401, message: 'no such user: {"password":"***"}' });
  });

  test("is asked again while it is busy", async () => {
    let busy = 2;
    server.answer = ({ url }) =>
      url.pathname === fetchTopology && busy-- > 0
        ? { status: 503, headers: { "retry-after": "0" } }
        : (replies[url.pathname] ?? { status: 404 });
    expect(treeOf(await graph())).toContain("net-s1");
  });

  test("is reached over TLS whoever has signed its certificate", async () => {
    const fixtures = new URL("../../clusters/slurm/rest/fixtures/tls/", import.meta.url);
    const [key, cert] = await Promise.all(
      ["key.pem", "certificate.pem"].map((name) => readFile(new URL(name, fixtures))),
    );
    const secure = createTlsServer({ key, cert }, (_request, response) => {
      response.writeHead(403).end("said over TLS");
    });
    secure.listen(0, "127.0.0.1");
    await once(secure, "listening");
    onTestFinished(() => void secure.close());
    const address = secure.address();
    const apiUrl = `https://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    const provider = await netq.open({ params: toParamMap({ apiUrl }), creds }, recordingHost(), signal);
    await expect(provider.graph({ instances: [] }, signal)).rejects.toMatchObject({
      status: 403,
      message: "said over TLS",
    });
  });

  test("knows nodes by their names, in one place", async () => {
    const { instanceMapper } = await open();
    expect(await instanceMapper?.nodesByInstance(["a", "b", "a"], signal)).toEqual(
      new Map([
        ["a", "a"],
        ["b", "b"],
      ]),
    );
    expect(await instanceMapper?.regionsByNode(["a"], signal)).toEqual(new Map([["a", "local"]]));
  });

  test.each([
    [{}, [], "apiUrl not provided"],
    [{ apiUrl: "" }, [], "apiUrl not provided"],
    [{ apiUrl: "https://netq" }, [], "missing 'username'"],
    [{ APIURL: "https://netq" }, ["username"], "missing 'password'"],
  ] as const)("is not opened with %j and the credentials %j", async (params, names, message) => {
    const given = new Map(names.map((name) => [name, "x"]));
    await expect(
      netq.open({ params: toParamMap(params), creds: given }, recordingHost(), signal),
    ).rejects.toMatchObject({
      status: 400,
      message,
    });
  });

  test("is asked nothing at an address that is none", async () => {
    const provider = await netq.open({ params: toParamMap({ apiUrl: "url" }), creds }, recordingHost(), signal);
    await expect(provider.graph({ instances: [] }, signal)).rejects.toMatchObject({ status: 400 });
  });
});

function host(id: string, name: string): { readonly id: string; readonly name: string; readonly tier: number } {
  return { id, name, tier: -1 };
}

function device(
  id: string,
  name: string,
  tier: number,
): { readonly id: string; readonly name: string; readonly tier: number } {
  return { id, name, tier };
}

function links(from: string, ...to: readonly string[]): readonly { readonly id: string }[] {
  return to.map((other) => ({ id: [from, other].sort().join("-*-") }));
}

function open(own = recordingHost()): ReturnType<typeof netq.open> {
  return netq.open({ params: toParamMap({ apiUrl: server.url.href }), creds }, own, signal);
}

async function graph({
  names = ["dgx-01", "dgx-02", "dgx-03", "dgx-04"],
  host: own = recordingHost(),
}: {
  readonly names?: readonly string[];
  readonly host?: ReturnType<typeof recordingHost>;
} = {}): Promise<TopologyGraph> {
  const provider = await open(own);
  const instances = [{ region: "local", instances: new Map(names.map((name) => [name, name])) }];
  return provider.graph({ instances }, signal);
}

function treeOf(found: TopologyGraph): string {
  return renderTree(layoutTree(found));
}
