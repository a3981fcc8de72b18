import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { exactWords } from "../../../../test/exact-words.ts";
import { recordingHost } from "../../../../test/recording-host.ts";
import { json, wireServer, type WireRequest } from "../../../../test/wire-server.ts";
import { layoutTree } from "../../graph/layout-tree.ts";
import type { ComputeInstances } from "../../graph/topology-graph.ts";
import { toParamMap } from "../../params/to-param-map.ts";
import type { Provider } from "../../provider.ts";
import { renderTree } from "../../render/tree.ts";
import { lambdai } from "./lambdai.ts";

const server = await wireServer(() => ({ status: 500 }));
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => {
  server.requests.length = 0;
});

const { signal } = new AbortController();
const workspaceId = "ws-1";
const region: ComputeInstances = {
  region: "stg-sjc01-cl03",
  instances: new Map([
    ["i-1", "node1"],
    ["i-2", "node2"],
    ["i-3", "node3"],
  ]),
};
const hops = (...ids: readonly string[]): readonly { readonly id: string }[] => ids.map((id) => ({ id }));
const pages = [
  {
    data: [
      { id: "i-1", networkPath: hops("leaf1", "spine1", "core1"), nvlink: null },
      { id: "i-2", networkPath: hops("leaf1", "spine1", "core1"), nvlink: { domain_id: "d", clique_id: "7" } },
    ],
    page_token: "page 2&",
  },
  {
    data: [{ id: "i-3", networkPath: hops("leaf2", "spine1", "core1"), nvlink: { domain_id: "d" } }],
    page_token: null,
  },
] as const;

describe("instances of Lambda Cloud", () => {
  beforeEach(() => {
    server.answer = ({ url }) => json(url.searchParams.has("page_token") ? pages[1] : pages[0]);
  });

  test("come page by page, with their switches and NVLink domains", async () => {
    const host = recordingHost();
    const graph = await (await open({ host })).graph({ instances: [region] }, signal);
    expect(renderTree(layoutTree(graph))).toBe(
      [
        "SwitchName=core1 Switches=spine1",
        "SwitchName=spine1 Switches=leaf[1-2]",
        "SwitchName=leaf1 Nodes=node[1-2]",
        "SwitchName=leaf2 Nodes=node3",
        "",
      ].join("\n"),
    );
    expect([...(graph.domains?.get("d.7")?.keys() ?? [])]).toEqual(["node2"]);
    expect(graph.domains?.size).toBe(1);
    expect(host.recorded.log).toContain("warning: Lambda: the NVLink domain of instance i-3 is not complete");
    expect(
      server.requests.map(({ method, url, headers }) => [method, url.pathname + url.search, headers.authorization]),
    ).toEqual([
      ["GET", "/api/v1/topology/instance?page_size=200&region=stg-sjc01-cl03&workspace_id=ws-1", "Bearer tok"],
      [
        "GET",
        "/api/v1/topology/instance?page_size=200&page_token=page+2%26&region=stg-sjc01-cl03&workspace_id=ws-1",
        "Bearer tok",
      ],
    ]);
  });

  test("are asked for in pages of the size that is wanted", async () => {
    await (await open()).graph({ instances: [region], pageSize: 2 }, signal);
    expect(server.requests[0]?.url.searchParams.get("page_size")).toBe("2");
  });

  test("that Lambda does not know stand without a topology, and a metric names them", async () => {
    const host = recordingHost();
    const instances = [{ ...region, instances: new Map([["i-9", "node9"]]) }];
    const graph = await (await open({ host })).graph({ instances }, signal);
    expect(renderTree(layoutTree(graph))).toBe("SwitchName=no-topology Nodes=node9\n");
    expect(host.recorded.metrics).toEqual(['topograph_missing_topology{provider="lambdai",node="node9"}']);
  });

  test("lose tiers from the top as told", async () => {
    const provider = await open({ params: { trimTiers: 2 } });
    const graph = await provider.graph({ instances: [region] }, signal);
    expect(renderTree(layoutTree(graph))).toBe("SwitchName=leaf1 Nodes=node[1-2]\nSwitchName=leaf2 Nodes=node3\n");
  });

  test("need a region to be found in", async () => {
    const instances = [{ region: "", instances: region.instances }];
    await expect((await open()).graph({ instances }, signal)).rejects.toMatchObject({
      status: 400,
      message: "must specify region",
    });
    expect(server.requests).toEqual([]);
  });

  test.each([
    ["a refusal", { status: 403, body: "not yours" }, "failed to get instance list: not yours"],
    ["a refused token", { status: 401, body: "unauthorized" }, "failed to get instance list: unauthorized"],
    [
      "no JSON",
      { body: "<html>" },
      "failed to get instance list: invalid character '<' looking for beginning of value",
    ],
    ["another form", json({ data: "none" }), /^failed to get instance list: unexpected reply at data: /],
    [
      "a page's token twice",
      json(pages[0]),
      'failed to get instance list: InstanceList returned repeated page token "page 2&"',
    ],
  ] as const)("fail with 502 where Lambda answers %s", async (_what, answer, message) => {
    server.answer = () => answer;
    await expect((await open()).graph({ instances: [region] }, signal)).rejects.toMatchObject({
      status: 502,
      message: expect.stringMatching(exactWords(message)),
    });
  });

  test("of which there are none are none", async () => {
    server.answer = () => json({ data: null });
    const graph = await (await open()).graph({ instances: [region] }, signal);
    expect(renderTree(layoutTree(graph))).toBe("SwitchName=no-topology Nodes=node[1-3]\n");
  });
});

describe("credentials for Lambda", () => {
  const missingWorkspace =
    "credentials error: missing 'workspaceId': supply the Lambda workspace ID in the request credentials or the credentialsPath file";
  const missingToken =
    "credentials error: missing 'token' credential: supply the Lambda API token in the request credentials or the credentialsPath file; " +
    "to authenticate with Kubernetes workload identity instead, the pod needs LAMBDA_IDENTITY_LRN, which lambda-pod-identity-webhook " +
    "injects when the API-server ServiceAccount carries the 'lambda.ai/identity-lrn' annotation";
  const blank = "credentials error: empty 'token' credential";
  const url = "https://api.example.com";
  const pod = { LAMBDA_IDENTITY_LRN: "lrn:iam:identity:abc" };

  // The cases of Topograph's own test.
  test.each([
    ["no workspace", { url }, { token: "t" }, {}, missingWorkspace],
    ["an empty workspace", { url }, { workspaceId: "", token: "t" }, {}, missingWorkspace],
    ["a blank workspace", { url }, { workspaceId: "  ", token: "t" }, pod, missingWorkspace],
    ["a workspace among the parameters", { url, workspaceId }, { token: "t" }, {}, missingWorkspace],
    ["no token", { url }, { workspaceId }, {}, missingToken],
    ["an empty token", { url }, { workspaceId, token: "" }, {}, blank],
    [
      "an empty token in a pod",
      { url },
      { workspaceId, token: "" },
      pod,
      `${blank}; omit it entirely to use the pod's workload identity`,
    ],
    [
      "a blank TOKEN in a pod",
      { url },
      { workspaceId, TOKEN: "  " },
      pod,
      `${blank}; omit it entirely to use the pod's workload identity`,
    ],
    [
      "two tokens",
      { url },
      { workspaceId, token: "a", Token: "b" },
      pod,
      "credentials error: ambiguous 'token' credential: Token, token",
    ],
    [
      "two tokens of odd case",
      { url },
      { workspaceId, TOKEN: "a", Token: "b" },
      {},
      "credentials error: ambiguous 'token' credential: TOKEN, Token",
    ],
    [
      "two workspaces",
      { url },
      { workspaceId, WorkspaceID: "b", token: "a" },
      {},
      "credentials error: ambiguous 'workspaceId' credential: WorkspaceID, workspaceId",
    ],
    [
      "two addresses",
      { Url: url, URL: url },
      { workspaceId, token: "a" },
      {},
      "parameters error: ambiguous 'url' parameter: URL, Url",
    ],
    ["no address", {}, { workspaceId, token: "a" }, {}, "parameters error: missing 'url'"],
    ["an empty address", { url: "" }, { workspaceId, token: "a" }, {}, "parameters error: missing 'url'"],
    [
      "odd tiers",
      { url, trimTiers: false },
      { workspaceId, token: "a" },
      {},
      "parameters error: invalid 'trimTiers' value 'false': unsupported type bool",
    ],
    [
      "too many tiers",
      { url, trimTiers: 3 },
      { workspaceId, token: "a" },
      {},
      "parameters error: invalid 'trimTiers' value '3': must be an integer between 0 and 2",
    ],
  ] as const)("with %s are refused", async (_what, params, creds, environment, message) => {
    const settings = { params: toParamMap(params), creds: new Map(Object.entries(creds)) };
    await expect(lambdai.open(settings, recordingHost({ environment }), signal)).rejects.toMatchObject({
      status: 400,
      message,
    });
  });

  test("may be spelt in any case, and a workspace may have blanks around it", async () => {
    server.answer = () => json(pages[1]);
    const creds = new Map([
      ["WorkspaceId", " ws-2\n"],
      ["TOKEN", "tok"],
    ]);
    const provider = await lambdai.open(
      { params: toParamMap({ URL: server.url.href }), creds },
      recordingHost(),
      signal,
    );
    await provider.graph({ instances: [region] }, signal);
    expect(server.requests[0]?.url.searchParams.get("workspace_id")).toBe("ws-2");
    expect(server.requests[0]?.headers.authorization).toBe("Bearer tok");
  });
});

describe("the identity of a pod", () => {
  const exchange = "/api/v1/oidc/token";
  let minted: number;
  /** Refuses keys that it names. */
  let refused: ReadonlySet<string>;

  beforeEach(() => {
    minted = 0;
    refused = new Set();
    server.answer = ({ url, headers }: WireRequest) => {
      if (url.pathname === exchange) return json({ data: { access_token: `minted-${++minted}`, expires_in: 3600 } });
      const key = headers.authorization?.replace("Bearer ", "") ?? "";
      return refused.has(key) ? { status: 401, body: "unauthorized" } : json(pages[1]);
    };
  });

  test.each(["LAMBDA_IDENTITY_LRN", "LAMBDA_ROLE_LRN"])(
    "that %s names is exchanged for a key, once for many requests",
    async (name) => {
      const host = await podHost({ [name]: "lrn:iam:identity:abc" });
      for (let count = 0; count < 3; count++) {
        await (await open({ host, creds: { workspaceId } })).graph({ instances: [region] }, signal);
      }
      const exchanges = server.requests.filter(({ url }) => url.pathname === exchange);
      expect(exchanges.map(({ method, body }) => [method, body])).toEqual([
        ["POST", JSON.stringify({ token: "service account", identity_lrn: "lrn:iam:identity:abc" })],
      ]);
      expect(authorizations()).toEqual(["Bearer minted-1", "Bearer minted-1", "Bearer minted-1"]);
      expect(host.recorded.log.join("\n")).not.toMatch(/service account|minted/);
    },
  );

  test("does not count where a token is given", async () => {
    const host = await podHost({ LAMBDA_IDENTITY_LRN: "lrn" });
    await (await open({ host })).graph({ instances: [region] }, signal);
    expect(authorizations()).toEqual(["Bearer tok"]);
    expect(minted).toBe(0);
  });

  test("gets another key, once, where the first one is refused", async () => {
    refused = new Set(["minted-1"]);
    const provider = await open({ host: await podHost({ LAMBDA_IDENTITY_LRN: "lrn" }), creds: { workspaceId } });
    await provider.graph({ instances: [region] }, signal);
    expect(authorizations()).toEqual(["Bearer minted-1", "Bearer minted-2"]);
  });

  test("gives up where the second key is refused too", async () => {
    refused = new Set(["minted-1", "minted-2"]);
    const provider = await open({ host: await podHost({ LAMBDA_IDENTITY_LRN: "lrn" }), creds: { workspaceId } });
    await expect(provider.graph({ instances: [region] }, signal)).rejects.toMatchObject({
      status: 502,
      message: "failed to get instance list: unauthorized",
    });
    expect(minted).toBe(2);
  });

  function authorizations(): readonly (string | undefined)[] {
    return server.requests.filter(({ url }) => url.pathname !== exchange).map(({ headers }) => headers.authorization);
  }
});

async function podHost(environment: Readonly<Record<string, string>>): Promise<ReturnType<typeof recordingHost>> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-lambda-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const tokenPath = join(folder, "token");
  await writeFile(tokenPath, "service account\n");
  return recordingHost({ environment: { ...environment, LAMBDA_WORKLOAD_IDENTITY_TOKEN_FILE: tokenPath } });
}

function open({
  host = recordingHost(),
  params = {},
  creds = { workspaceId, token: "tok" },
}: {
  readonly host?: ReturnType<typeof recordingHost>;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly creds?: Readonly<Record<string, string>>;
} = {}): Promise<Provider> {
  const settings = {
    params: toParamMap({ url: server.url.href, ...params }),
    creds: new Map(Object.entries(creds)),
  };
  return lambdai.open(settings, host, signal);
}
