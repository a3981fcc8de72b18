import { Code } from "@connectrpc/connect";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { nodesOf, switchesOf } from "../../../../test/graph-lines.ts";
import { nebiusFault, nebiusInstance, nebiusServer, type NebiusReply } from "../../../../test/nebius-server.ts";
import { recordingHost } from "../../../../test/recording-host.ts";
import { wireServer } from "../../../../test/wire-server.ts";
import type { Clock } from "../../../jobs/clock.ts";
import { createRecordedRunner } from "../../../remote/recorded-runner.ts";
import type { ComputeInstances, TopologyGraph } from "../../graph/topology-graph.ts";
import { toParamMap } from "../../params/to-param-map.ts";
import { openNebius, type NebiusOptions } from "./nebius.ts";

const { signal } = new AbortController();
const waits: number[] = [];
const clock: Clock = { now: () => 0, sleep: async (milliseconds) => void waits.push(milliseconds) };
const project = { projectId: "project-1" };

const nebius = await nebiusServer();
afterAll(() => nebius[Symbol.asyncDispose]());
beforeEach(() => {
  nebius.reset();
  waits.splice(0);
  const path = ["core", "spine", "leaf"];
  nebius.pages = {
    "": { items: [nebiusInstance("i1", path), nebiusInstance("i2", ["core", "spine", "leaf2"], "nvl")] },
  };
});

describe("instances at Nebius", () => {
  test("stand on their path through InfiniBand, and their NVLink instance group is their domain", async () => {
    const graph = await graphOf([regionOf(["i1", "i2"])]);
    expect(switchesOf(graph)).toEqual(["core < -", "spine < core", "leaf < spine", "leaf2 < spine"]);
    expect(nodesOf(graph)).toEqual(["ni1 < leaf", "ni2 < leaf2"]);
    expect([...(graph.domains ?? [])].map(([name, hosts]) => [name, [...hosts.keys()]])).toEqual([["nvl", ["ni2"]]]);
  });

  test.each([0, 1, 2, 4])("with a path of %i switches stand without a topology", async (length) => {
    nebius.pages = {
      "": {
        items: [nebiusInstance("i1", ["root", "middle", "leaf", "extra"].slice(0, length)), { metadata: { id: "i2" } }],
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
    nebius.pages = {
      "": { items: [nebiusInstance("i1", ["a", "b", "c"])], nextPageToken: "second" },
      second: { items: [nebiusInstance("other", ["a", "b", "c"]), nebiusInstance("i2", ["a", "b", "c"])] },
    };
    expect(nodesOf(await graphOf([regionOf(["i1", "i2"])]))).toEqual(["ni1 < c", "ni2 < c"]);
    const asked = { parentId: "project-1", pageSize: 200n, token: "Bearer given" };
    expect(nebius.lists).toEqual([
      { ...asked, pageToken: "" },
      { ...asked, pageToken: "second" },
    ]);
    await graphOf([regionOf(["i1"])], { pageSize: 7 });
    expect(nebius.lists.at(-1)?.pageSize).toBe(7n);
  });

  test("on pages that lead in a circle are an error", async () => {
    nebius.pages = { "": { nextPageToken: "again" }, again: { nextPageToken: "again" } };
    await expect(graphOf([regionOf(["i1"])])).rejects.toMatchObject({
      status: 502,
      message: 'failed to get instance list: ListInstances returned repeated page token "again"',
    });
  });
});

describe("Nebius that fails", () => {
  const one = regionOf(["i1"]);

  test.each([Code.ResourceExhausted, Code.Unavailable])("for the moment, with %i, is asked again", async (code) => {
    nebius.faults.push(nebiusFault(code, "later"), nebiusFault(code, "later"));
    expect(nodesOf(await graphOf([one]))).toEqual(["ni1 < leaf"]);
    expect(waits).toEqual([500, 1000]);
  });

  test("for long is an error after five tries", async () => {
    for (let count = 0; count < 5; count++) nebius.faults.push(nebiusFault(Code.Unavailable, "later"));
    await expect(graphOf([one])).rejects.toMatchObject({
      status: 502,
      message: "failed to get instance list: rpc error: code = Unavailable desc = later",
    });
    expect(nebius.lists).toHaveLength(5);
  });

  test("by ending the connection between two pages is reached over another", async () => {
    nebius.pages = {
      "": { items: [nebiusInstance("i1", ["a", "b", "c"])], nextPageToken: "second" },
      second: { items: [nebiusInstance("i2", ["a", "b", "c"])] },
    };
    nebius.faults.push(() => {
      for (const session of nebius.sessions) session.close();
      return undefined;
    });
    expect(nodesOf(await graphOf([regionOf(["i1", "i2"])]))).toEqual(["ni1 < c", "ni2 < c"]);
    expect(nebius.sessions).toHaveLength(2);
  });

  test("for good is an error at once, with its own words", async () => {
    nebius.faults.push(nebiusFault(Code.PermissionDenied, "not yours"));
    await expect(graphOf([one])).rejects.toMatchObject({
      status: 502,
      message: "failed to get instance list: rpc error: code = PermissionDenied desc = not yours",
    });
    expect(waits).toEqual([]);
  });

  test("without an answer is an error after the deadline", async () => {
    const { promise, resolve } = pendingReply();
    nebius.faults.push(() => promise);
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
    nebius.faults.push(() => {
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
    [
      { serviceAccountId: "s", publicKeyId: "p", privateKey: "very secret" },
      "credentials error: privateKey is no RSA key as PEM",
    ],
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
  return recordingHost({ environment: { IAM_TOKEN: "given", NEBIUS_ENDPOINT: nebius.url } });
}

function regionOf(ids: readonly string[]): ComputeInstances {
  return { region: "eu-north1", instances: new Map(ids.map((id) => [id, `n${id}`])) };
}

function pendingReply() {
  let resolve: (reply: NebiusReply) => void = () => {};
  const promise = new Promise<NebiusReply>((settle) => (resolve = settle));
  return { promise, resolve };
}
