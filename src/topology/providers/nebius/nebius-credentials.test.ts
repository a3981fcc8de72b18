import { generateKeyPairSync, verify } from "node:crypto";
import { inspect } from "node:util";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { nodesOf } from "../../../../test/graph-lines.ts";
import { expiredToken, nebiusFault, nebiusInstance, nebiusServer } from "../../../../test/nebius-server.ts";
import { recordingHost } from "../../../../test/recording-host.ts";
import { wireServer } from "../../../../test/wire-server.ts";
import type { Clock } from "../../../jobs/clock.ts";
import type { ComputeInstances, TopologyGraph } from "../../graph/topology-graph.ts";
import { openNebius } from "./nebius.ts";

const { signal } = new AbortController();
const now = Date.UTC(2026, 0, 5);
const clock: Clock = { now: () => now, sleep: async () => {} };
const project = { projectId: "project-1" };
const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const account = { serviceAccountId: "serviceaccount-1", publicKeyId: "publickey-1", privateKey: pem };

const nebius = await nebiusServer();
afterAll(() => nebius[Symbol.asyncDispose]());
beforeEach(() => {
  nebius.reset();
  nebius.pages = { "": { items: [nebiusInstance("i1", ["core", "spine", "leaf"])] } };
});

describe("tokens of Nebius", () => {
  test("are given for a statement that the service account's key has signed", async () => {
    await graphOf([regionOf(["i1"])], { creds: { ...project, ...account } });
    expect(nebius.lists[0]?.token).toBe("Bearer minted-1");
    expect(nebius.exchanges).toMatchObject([
      {
        grantType: "urn:ietf:params:oauth:grant-type:token-exchange",
        requestedTokenType: "urn:ietf:params:oauth:token-type:access_token",
        subjectTokenType: "urn:ietf:params:oauth:token-type:jwt",
      },
    ]);
    const [header = "", claims = "", signature = ""] = String(nebius.exchanges[0]?.["subjectToken"]).split(".");
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
    nebius.pages = {
      "": { items: [nebiusInstance("i1", ["a", "b", "c"])], nextPageToken: "second" },
      second: { items: [nebiusInstance("i2", ["a", "b", "c"])] },
    };
    nebius.faults.push(() => undefined, expiredToken);
    const graph = await graphOf([regionOf(["i1", "i2"])], { creds: { ...project, ...account } });
    expect(nodesOf(graph)).toEqual(["ni1 < c", "ni2 < c"]);
    expect(nebius.lists.map(({ token, pageToken }) => `${token} ${pageToken}`)).toEqual([
      "Bearer minted-1 ",
      "Bearer minted-1 second",
      "Bearer minted-2 second",
    ]);
  });

  test("that are refused again are an error", async () => {
    nebius.faults.push(expiredToken, expiredToken);
    await expect(graphOf([regionOf(["i1"])], { creds: { ...project, ...account } })).rejects.toMatchObject({
      status: 502,
      message: "failed to get instance list: rpc error: code = Unauthenticated desc = the token has expired",
    });
    expect(nebius.lists).toHaveLength(2);
  });

  test("from the environment are not to be had anew", async () => {
    nebius.faults.push(expiredToken);
    const error = await graphOf([regionOf(["i1"])]).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 502, message: expect.stringContaining("Unauthenticated") });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/Bearer|given/);
    expect(nebius.lists).toHaveLength(1);
  });

  test("are not told, should Nebius repeat them", async () => {
    nebius.faults.push(nebiusFault(Code.PermissionDenied, "nothing is allowed to the token given"));
    await expect(graphOf([regionOf(["i1"])])).rejects.toMatchObject({
      message:
        "failed to get instance list: rpc error: code = PermissionDenied desc = nothing is allowed to the token ***",
    });
  });

  test("are those of this machine where there are no others, as is the project", async () => {
    await using metadata = await wireServer(({ url, headers }) => {
      if (headers["metadata"] !== "true") return { status: 403 };
      return { body: url.pathname === "/v1/instance-data/parent_id" ? "machine-project\n" : "machine-token\n" };
    });
    const environment = { NEBIUS_ENDPOINT: nebius.url, NEBIUS_METADATA_URL: `${metadata.url.href}v1` };
    await graphOf([regionOf(["i1"])], { creds: {}, host: recordingHost({ environment }) });
    expect(nebius.lists).toMatchObject([{ parentId: "machine-project", token: "Bearer machine-token" }]);
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

interface Asked {
  readonly host?: ReturnType<typeof nebiusHost>;
  readonly creds?: Readonly<Record<string, string>>;
}

async function graphOf(instances: readonly ComputeInstances[], asked: Asked = {}): Promise<TopologyGraph> {
  const settings = { creds: new Map(Object.entries(asked.creds ?? project)), params: new Map() };
  const provider = await openNebius(settings, asked.host ?? nebiusHost(), signal, { clock });
  return provider.graph({ instances }, signal);
}

function nebiusHost() {
  return recordingHost({ environment: { IAM_TOKEN: "given", NEBIUS_ENDPOINT: nebius.url } });
}

function regionOf(ids: readonly string[]): ComputeInstances {
  return { region: "eu-north1", instances: new Map(ids.map((id) => [id, `n${id}`])) };
}

function decoded(part: string): unknown {
  return JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
}
