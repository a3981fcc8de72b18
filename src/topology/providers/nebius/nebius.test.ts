import { generateKeyPairSync, verify } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http2";
import { inspect } from "node:util";
import { Code, ConnectError } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { recordingHost } from "../../../../test/recording-host.ts";
import { wireServer } from "../../../../test/wire-server.ts";
import type { Clock } from "../../../jobs/clock.ts";
import { createRecordedRunner } from "../../../remote/recorded-runner.ts";
import { layoutTree } from "../../graph/layout-tree.ts";
import type { ComputeInstances, TopologyGraph } from "../../graph/topology-graph.ts";
import { toParamMap } from "../../params/to-param-map.ts";
import { openNebius, type NebiusOptions } from "./nebius.ts";
import { exchangeToken, listInstances } from "./nebius-messages.ts";

const { signal } = new AbortController();
const now = Date.UTC(2026, 0, 5);
const waits: number[] = [];
const clock: Clock = { now: () => now, sleep: async (milliseconds) => void waits.push(milliseconds) };

interface ListCall {
  readonly parentId: string;
  readonly pageSize: bigint;
  readonly pageToken: string;
  readonly token: string;
}

type Reply = Readonly<Record<string, unknown>>;

/** What was asked, and how it is answered; faults come first, in turn. */
const lists: ListCall[] = [];
const exchanges: Reply[] = [];
const faults: ((call: ListCall) => Promise<Reply> | Reply | undefined)[] = [];
let pages: Readonly<Record<string, Reply>> = {};

const server = createServer(
  connectNodeAdapter({
    routes(router) {
      router.rpc(listInstances, async (request, { requestHeader }) => {
        const { parentId, pageSize, pageToken } = { parentId: "", pageSize: 0n, pageToken: "", ...request };
        const call = { parentId, pageSize, pageToken, token: requestHeader.get("authorization") ?? "" };
        lists.push(call);
        return (await faults.shift()?.(call)) ?? pages[pageToken] ?? {};
      });
      router.rpc(exchangeToken, (request) => {
        exchanges.push({ ...request });
        return { accessToken: `minted-${exchanges.length}`, tokenType: "Bearer", expiresIn: 3600n };
      });
    },
  }),
);
server.listen(0, "127.0.0.1");
await once(server, "listening");
const address = server.address();
const NEBIUS_ENDPOINT = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;

afterAll(async () => {
  server.close();
  await once(server, "close");
});
beforeEach(() => {
  for (const list of [lists, exchanges, faults, waits]) list.splice(0);
  pages = {
    "": { items: [instanceOf("i1", ["core", "spine", "leaf"]), instanceOf("i2", ["core", "spine", "leaf2"], "nvl")] },
  };
});

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const account = { serviceAccountId: "serviceaccount-1", publicKeyId: "publickey-1", privateKey: pem };
const project = { projectId: "project-1" };

describe("instances at Nebius", () => {
  test("stand on their path through InfiniBand, and their NVLink instance group is their domain", async () => {
    const graph = await graphOf([regionOf(["i1", "i2"])]);
    expect(layoutTree(graph).switches.map(({ id, parent }) => `${id} < ${parent?.id ?? "-"}`)).toEqual([
      "core < -",
      "spine < core",
      "leaf < spine",
      "leaf2 < spine",
    ]);
    expect(nodesOf(graph)).toEqual(["ni1 < leaf", "ni2 < leaf2"]);
    expect([...(graph.domains ?? [])].map(([name, hosts]) => [name, [...hosts.keys()]])).toEqual([["nvl", ["ni2"]]]);
  });

  test.each([0, 1, 2, 4])("with a path of %i switches stand without a topology", async (length) => {
    pages = {
      "": {
        items: [instanceOf("i1", ["root", "middle", "leaf", "extra"].slice(0, length)), { metadata: { id: "i2" } }],
      },
    };
    const host = nebiusHost();
    expect(nodesOf(await graphOf([regionOf(["i1", "i2"])], { host }))).toEqual([
      "ni1 < no-topology",
      "ni2 < no-topology",
    ]);
    expect(host.recorded.metrics).toEqual([
      'topograph_missing_topology{provider="nebius",node="ni1"}',
      'topograph_missing_topology{provider="nebius",node="ni2"}',
    ]);
    expect(host.recorded.log).toContain(`warning: Nebius names ${length} instead of 3 switches for node ni1`);
  });

  test("come page by page, two hundred on each, or as many as the settings say", async () => {
    pages = {
      "": { items: [instanceOf("i1", ["a", "b", "c"])], nextPageToken: "second" },
      second: { items: [instanceOf("other", ["a", "b", "c"]), instanceOf("i2", ["a", "b", "c"])] },
    };
    expect(nodesOf(await graphOf([regionOf(["i1", "i2"])]))).toEqual(["ni1 < c", "ni2 < c"]);
    const asked = { parentId: "project-1", pageSize: 200n, token: "Bearer given" };
    expect(lists).toEqual([
      { ...asked, pageToken: "" },
      { ...asked, pageToken: "second" },
    ]);
    await graphOf([regionOf(["i1"])], { pageSize: 7 });
    expect(lists.at(-1)?.pageSize).toBe(7n);
  });

  test("on pages that lead in a circle are an error", async () => {
    pages = { "": { nextPageToken: "again" }, again: { nextPageToken: "again" } };
    await expect(graphOf([regionOf(["i1"])])).rejects.toMatchObject({
      status: 502,
      message: 'failed to get instance list: ListInstances returned repeated page token "again"',
    });
  });
});

describe("tokens of Nebius", () => {
  test("are given for a statement that the service account's key has signed", async () => {
    await graphOf([regionOf(["i1"])], { creds: { ...project, ...account } });
    expect(lists[0]?.token).toBe("Bearer minted-1");
    expect(exchanges).toMatchObject([
      {
        grantType: "urn:ietf:params:oauth:grant-type:token-exchange",
        requestedTokenType: "urn:ietf:params:oauth:token-type:access_token",
        subjectTokenType: "urn:ietf:params:oauth:token-type:jwt",
      },
    ]);
    const [header = "", claims = "", signature = ""] = String(exchanges[0]?.["subjectToken"]).split(".");
    const signed = Buffer.from(`${header}.${claims}`);
    expect(verify("RSA-SHA256", signed, publicKey, Buffer.from(signature, "base64url"))).toBe(true);
    expect(decoded(header)).toEqual({ alg: "RS256", kid: "publickey-1", typ: "JWT" });
    expect(decoded(claims)).toEqual({
      iss: "serviceaccount-1",
      sub: "serviceaccount-1",
      aud: ["token-service.iam.new.nebiuscloud.net"],
      iat: now / 1000,
      exp: now / 1000 + 60,
    });
  });

  test("that expire between two pages are minted anew, once", async () => {
    pages = {
      "": { items: [instanceOf("i1", ["a", "b", "c"])], nextPageToken: "second" },
      second: { items: [instanceOf("i2", ["a", "b", "c"])] },
    };
    faults.push(() => undefined, expired);
    const graph = await graphOf([regionOf(["i1", "i2"])], { creds: { ...project, ...account } });
    expect(nodesOf(graph)).toEqual(["ni1 < c", "ni2 < c"]);
    expect(lists.map(({ token, pageToken }) => `${token} ${pageToken}`)).toEqual([
      "Bearer minted-1 ",
      "Bearer minted-1 second",
      "Bearer minted-2 second",
    ]);
  });

  test("that are refused again are an error", async () => {
    faults.push(expired, expired);
    await expect(graphOf([regionOf(["i1"])], { creds: { ...project, ...account } })).rejects.toMatchObject({
      status: 502,
      message: "failed to get instance list: rpc error: code = Unauthenticated desc = the token has expired",
    });
    expect(lists).toHaveLength(2);
  });

  test("from the environment are not to be had anew", async () => {
    faults.push(expired);
    const error = await graphOf([regionOf(["i1"])]).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 502, message: expect.stringContaining("Unauthenticated") });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/Bearer|given/);
    expect(lists).toHaveLength(1);
  });

  test("are those of this machine where there are no others, as is the project", async () => {
    await using metadata = await wireServer(({ url, headers }) => {
      if (headers["metadata"] !== "true") return { status: 403 };
      return { body: url.pathname === "/v1/instance-data/parent_id" ? "machine-project\n" : "machine-token\n" };
    });
    const environment = { NEBIUS_ENDPOINT, NEBIUS_METADATA_URL: `${metadata.url.href}v1` };
    await graphOf([regionOf(["i1"])], { creds: {}, host: recordingHost({ environment }) });
    expect(lists).toMatchObject([{ parentId: "machine-project", token: "Bearer machine-token" }]);
    expect(metadata.requests.map(({ url }) => url.pathname)).toEqual([
      "/v1/iam/sa/token/access_token",
      "/v1/instance-data/parent_id",
    ]);

    metadata.answer = ({ url }) => (url.pathname.endsWith("parent_id") ? { status: 404, body: "none" } : { body: "t" });
    await expect(graphOf([], { creds: {}, host: recordingHost({ environment }) })).rejects.toMatchObject({
      status: 500,
      message: "failed to get project ID: none",
    });
    metadata.answer = () => ({ status: 500, headers: { "retry-after": "0" }, body: "metadata unavailable" });
    metadata.requests.splice(0);
    await expect(graphOf([], { creds: {}, host: recordingHost({ environment }) })).rejects.toMatchObject({
      status: 500,
      message: "failed to get IAM token from IMDS: metadata unavailable",
    });
    expect(metadata.requests).toHaveLength(5);
  });
});

describe("Nebius that fails", () => {
  const one = regionOf(["i1"]);

  test.each([Code.ResourceExhausted, Code.Unavailable])("for the moment, with %i, is asked again", async (code) => {
    faults.push(fail(code, "later"), fail(code, "later"));
    expect(nodesOf(await graphOf([one]))).toEqual(["ni1 < leaf"]);
    expect(waits).toEqual([500, 1000]);
  });

  test("for long is an error after five tries", async () => {
    for (let count = 0; count < 5; count++) faults.push(fail(Code.Unavailable, "later"));
    await expect(graphOf([one])).rejects.toMatchObject({
      status: 502,
      message: "failed to get instance list: rpc error: code = Unavailable desc = later",
    });
    expect(lists).toHaveLength(5);
  });

  test("for good is an error at once, with its own words", async () => {
    faults.push(fail(Code.PermissionDenied, "not yours"));
    await expect(graphOf([one])).rejects.toMatchObject({
      status: 502,
      message: "failed to get instance list: rpc error: code = PermissionDenied desc = not yours",
    });
    expect(waits).toEqual([]);
  });

  test("without an answer is an error after the deadline", async () => {
    const { promise, resolve } = pendingReply();
    faults.push(() => promise);
    await expect(graphOf([one], { deadlineMs: 50 })).rejects.toMatchObject({
      status: 502,
      message: expect.stringMatching(/^failed to get instance list: rpc error: code = DeadlineExceeded desc = /),
    });
    resolve({});
  });

  test("without an answer is left with the signal", async () => {
    const { promise, resolve } = pendingReply();
    const stop = new AbortController();
    const reason = new Error("no longer wanted");
    faults.push(() => {
      stop.abort(reason);
      return promise;
    });
    await expect(graphOf([one], { abort: stop.signal })).rejects.toBe(reason);
    resolve({});
  });

  test("by not being there is an error after five tries", async () => {
    const other = await wireServer(() => ({}));
    await other[Symbol.asyncDispose]();
    const host = recordingHost({ environment: { IAM_TOKEN: "given", NEBIUS_ENDPOINT: other.url.href } });
    await expect(graphOf([one], { host })).rejects.toMatchObject({
      status: 502,
      message: expect.stringMatching(
        /^failed to get instance list: rpc error: code = Unavailable desc = connect ECONNREFUSED /,
      ),
    });
    expect(waits).toHaveLength(4);
  });

  test("by speaking another language is an error", async () => {
    await using other = await wireServer(() => ({ body: "hello" }));
    const host = recordingHost({ environment: { IAM_TOKEN: "given", NEBIUS_ENDPOINT: other.url.href } });
    await expect(graphOf([one], { host })).rejects.toMatchObject({
      status: 502,
      message: expect.stringMatching(/^failed to get instance list: rpc error: code = /),
    });
  });
});

describe("a request to the provider nebius", () => {
  test("must name the region", async () => {
    await expect(graphOf([{ ...regionOf(["i1"]), region: "" }])).rejects.toMatchObject({
      status: 400,
      message: "must specify region",
    });
  });

  test.each([
    [{ serviceAccountId: "service-account" }, "credentials error: missing publicKeyId,privateKey"],
    [{ serviceAccountId: "service-account", publicKeyId: "data" }, "credentials error: missing privateKey"],
    [{ ...account, privateKey: "very secret" }, "credentials error: privateKey is no RSA key as PEM"],
  ])("with credentials that are not whole is refused", async (given, message) => {
    await expect(graphOf([], { creds: { ...project, ...given } })).rejects.toMatchObject({ status: 400, message });
  });

  test("that trims three tiers is refused", async () => {
    const settings = { creds: new Map(Object.entries(project)), params: toParamMap({ trimTiers: 3 }) };
    await expect(openNebius(settings, nebiusHost(), signal)).rejects.toMatchObject({
      status: 400,
      message: "parameters error: invalid 'trimTiers' value '3': must be an integer between 0 and 2",
    });
  });

  test("learns instances and regions from the nodes' own metadata", async () => {
    const pdsh = (what: string, stdout: string) => ({
      argv: [
        "pdsh",
        "-R",
        "ssh",
        "-w",
        "n1",
        `v=$(curl -fsS -H "Metadata: true" http://metadata.nebius.internal/v1/instance-data/${what}) && printf '%s\\n' "$v"`,
      ] satisfies [string, ...string[]],
      output: { stdout, stderr: "", exitCode: 0 },
    });
    const runner = createRecordedRunner([pdsh("id", "n1: computeinstance-1\n"), pdsh("region", "n1: eu-north1\n")]);
    const host = recordingHost({ runner, environment: { IAM_TOKEN: "given" } });
    const { instanceMapper } = await openNebius(
      { creds: new Map(Object.entries(project)), params: new Map() },
      host,
      signal,
    );
    expect(await instanceMapper?.nodesByInstance(["n1"], signal)).toEqual(new Map([["computeinstance-1", "n1"]]));
    expect(await instanceMapper?.regionsByNode(["n1"], signal)).toEqual(new Map([["n1", "eu-north1"]]));
  });
});

interface Asked extends NebiusOptions {
  readonly host?: ReturnType<typeof nebiusHost>;
  readonly creds?: Readonly<Record<string, string>>;
  readonly pageSize?: number;
  readonly abort?: AbortSignal;
}

async function graphOf(instances: readonly ComputeInstances[], asked: Asked = {}): Promise<TopologyGraph> {
  const settings = { creds: new Map(Object.entries(asked.creds ?? project)), params: new Map() };
  const provider = await openNebius(settings, asked.host ?? nebiusHost(), signal, { clock, ...asked });
  const pageSize = asked.pageSize === undefined ? {} : { pageSize: asked.pageSize };
  return provider.graph({ instances, ...pageSize }, asked.abort ?? signal);
}

function nebiusHost() {
  return recordingHost({ environment: { IAM_TOKEN: "given", NEBIUS_ENDPOINT } });
}

function regionOf(ids: readonly string[]): ComputeInstances {
  return { region: "eu-north1", instances: new Map(ids.map((id) => [id, `n${id}`])) };
}

function instanceOf(id: string, path: readonly string[], nvlInstanceGroupId = ""): Reply {
  return { metadata: { id }, spec: { nvlInstanceGroupId }, status: { infinibandTopologyPath: { path } } };
}

function pendingReply() {
  let resolve: (reply: Reply) => void = () => {};
  const promise = new Promise<Reply>((settle) => (resolve = settle));
  return { promise, resolve };
}

function fail(code: Code, words: string): () => never {
  return () => {
    throw new ConnectError(words, code);
  };
}

function expired(): never {
  throw new ConnectError("the token has expired", Code.Unauthenticated);
}

function nodesOf(graph: TopologyGraph): readonly string[] {
  return layoutTree(graph).nodes.map(({ name, parent }) => `${name} < ${parent?.id ?? "-"}`);
}

function decoded(part: string): unknown {
  return JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
}
