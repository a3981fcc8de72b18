import { generateKeyPairSync, verify } from "node:crypto";
import { inspect } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { nodesOf } from "../../../../test/graph-lines.ts";
import { recordingHost } from "../../../../test/recording-host.ts";
import { json, wireServer, type WireAnswer, type WireRequest } from "../../../../test/wire-server.ts";
import type { Clock } from "../../../jobs/clock.ts";
import { createRecordedRunner } from "../../../remote/recorded-runner.ts";
import { layoutTree } from "../../graph/layout-tree.ts";
import type { ComputeInstances, TopologyGraph } from "../../graph/topology-graph.ts";
import { toParamMap } from "../../params/to-param-map.ts";
import { openOci, type OciOptions } from "./oci.ts";

const { signal } = new AbortController();
const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const creds = new Map(
  Object.entries({
    tenancyId: "ocid1.tenancy.oc1..t",
    userId: "ocid1.user.oc1..u",
    region: "us-phoenix-1",
    fingerprint: "20:3b:97:13",
    privateKey: pem,
  }),
);

const waits: number[] = [];
const clock: Clock = { now: () => Date.UTC(2026, 0, 5), sleep: async (milliseconds) => void waits.push(milliseconds) };

/** What the test's Oracle Cloud knows: pages of host ids by availability domain, and hosts by id. */
let domains: readonly string[] = [];
let pages: Readonly<Record<string, readonly (readonly string[])[]>> = {};
let hosts: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {};
/** Faults to answer with before all else, in turn. */
const faults: ((request: WireRequest) => WireAnswer | "hang" | undefined)[] = [];

const oracle = await wireServer((request) => {
  const fault = faults.shift()?.(request);
  if (fault !== undefined) return fault;
  const { pathname, searchParams } = request.url;
  if (pathname === "/20160918/availabilityDomains") return json(domains.map((name) => ({ name })));
  const domain = searchParams.get("availabilityDomain") ?? "";
  if (pathname !== "/20160918/computeHosts") return json(hosts[pathname.split("/").at(-1) ?? ""] ?? {});
  const page = Number(searchParams.get("page") ?? 0);
  const items = (pages[domain]?.[page] ?? []).map((id) => ({ id, instanceId: hosts[id]?.["instanceId"] }));
  const next = page + 1 < (pages[domain]?.length ?? 0) ? { "opc-next-page": String(page + 1) } : {};
  return json({ items }, { headers: next });
});

beforeAll(() => {
  // The SDK tells of failures on the console, beside throwing them.
  vi.spyOn(console, "warn").mockImplementation(() => {});
});
afterAll(async () => {
  vi.restoreAllMocks();
  await oracle[Symbol.asyncDispose]();
});
beforeEach(() => {
  for (const list of [oracle.requests, faults, waits]) list.splice(0);
  domains = ["AD-1"];
  pages = { "AD-1": [["h1", "h2"]] };
  hosts = { h1: hostOf("i1", "l1"), h2: hostOf("i2", "l2") };
});

describe("compute hosts of Oracle Cloud", () => {
  test("stand in local block, network block and HPC island, which are shown by names of their own", async () => {
    const { switches } = layoutTree(await graphOf([regionOf(["i1", "i2"])]));
    expect(switches.map(({ id, name, parent }) => `${name}=${id} < ${parent?.id ?? "-"}`)).toEqual([
      "switch.3.1=island < -",
      "switch.2.1=network < island",
      "switch.1.1=l1 < network",
      "switch.1.2=l2 < network",
    ]);
  });

  test("are listed for each availability domain, with page and size, and asked for one by one", async () => {
    domains = ["AD-1", "AD-2"];
    pages = { "AD-1": [["h1"], ["h2"]], "AD-2": [["h3"]] };
    hosts = { ...hosts, h3: hostOf("i3", "l3") };
    expect(nodesOf(await graphOf([regionOf(["i1", "i2", "i3"])], { pageSize: 1 }))).toEqual([
      "ni1 < l1",
      "ni2 < l2",
      "ni3 < l3",
    ]);
    const tenancy = "compartmentId=ocid1.tenancy.oc1..t";
    expect(oracle.requests.map(({ method, url }) => `${method} ${url.pathname.slice(9)}${url.search}`)).toEqual([
      `GET /availabilityDomains?${tenancy}`,
      `GET /computeHosts?availabilityDomain=AD-1&${tenancy}&limit=1`,
      "GET /computeHosts/h1",
      `GET /computeHosts?availabilityDomain=AD-1&${tenancy}&limit=1&page=1`,
      "GET /computeHosts/h2",
      `GET /computeHosts?availabilityDomain=AD-2&${tenancy}&limit=1`,
      "GET /computeHosts/h3",
    ]);
  });

  test("are not asked for one by one where they are not requested, or run no instance", async () => {
    hosts = { h1: hostOf("i1", "l1"), h2: {} };
    await graphOf([regionOf(["i9"])]);
    expect(oracle.requests.filter(({ url }) => url.pathname.includes("/computeHosts/"))).toEqual([]);
  });

  test("have their GPU memory fabric for a domain, and the rack within it for a sub-domain", async () => {
    const rack = { locationDetails: { rack: "r7" } };
    hosts = {
      h1: { ...hostOf("i1", "l1"), gpuMemoryFabricId: "fabric", additionalData: rack },
      h2: { ...hostOf("i2", "l1"), gpuMemoryFabricId: "fabric", additionalData: { locationDetails: { rack: 7 } } },
    };
    const { domains: found } = await graphOf([regionOf(["i1", "i2"])]);
    const members = [...(found?.get("fabric")?.values() ?? [])];
    expect(members.map(({ nodeName, subDomain }) => `${nodeName} ${subDomain}`)).toEqual([
      "ni1 fabric.r7",
      "ni2 undefined",
    ]);
  });

  test.each([
    ["localBlockId", "localBlock"],
    ["networkBlockId", "networkBlock"],
    ["hpcIslandId", "hpcIsland"],
  ])("without %s stand without a topology, and a metric tells what is missing", async (field, data) => {
    hosts = { ...hosts, h2: { ...hostOf("i2", "l2"), [field]: null } };
    const host = ociHost();
    expect(nodesOf(await graphOf([regionOf(["i1", "i2"])], { host }))).toEqual(["ni2 < no-topology", "ni1 < l1"]);
    expect(host.recorded.metrics).toContain(`topograph_oci_missing_host_data{data="${data}",node_name="i2"}`);
    expect(host.recorded.metrics).toContain('topograph_missing_topology{provider="oci",node="ni2"}');
  });

  test("are asked for in requests that the key has signed", async () => {
    await graphOf([regionOf(["i1"])]);
    for (const { method, url, headers } of oracle.requests) {
      const given = Object.fromEntries(
        [...(headers.authorization ?? "").matchAll(/(\w+)="([^"]*)"/g)].map(
          ([, name = "", value = ""]) => [name, value] as const,
        ),
      );
      expect(given).toMatchObject({
        keyId: "ocid1.tenancy.oc1..t/ocid1.user.oc1..u/20:3b:97:13",
        algorithm: "rsa-sha256",
        headers: expect.stringMatching(/\(request-target\)/),
      });
      const signed = (given["headers"] ?? "")
        .split(" ")
        .map((name) =>
          name === "(request-target)"
            ? `${name}: ${method.toLowerCase()} ${url.pathname}${url.search}`
            : `${name}: ${String(headers[name])}`,
        )
        .join("\n");
      expect(
        verify("RSA-SHA256", Buffer.from(signed), publicKey, Buffer.from(given["signature"] ?? "", "base64")),
      ).toBe(true);
    }
  });
});

describe("Oracle Cloud that fails", () => {
  const one = regionOf(["i1"]);

  test("for being asked too often is asked again when it says, and how long that took is measured", async () => {
    faults.push(() => failure(429, "TooManyRequests", "slow down", { "retry-after": "7" }));
    const host = ociHost();
    expect(nodesOf(await graphOf([one], { host }))).toEqual(["ni1 < l1"]);
    expect(waits).toEqual([7000]);
    expect(host.recorded.metrics).toEqual([
      'topograph_oci_request_latency{method="ListAvailabilityDomains",status="200 OK"}',
      'topograph_oci_request_latency{method="ListComputeHosts",status="200 OK"}',
      'topograph_oci_request_latency{method="GetComputeHost",status="200 OK"}',
    ]);
  });

  test("for long is an error with its own words, after five tries with ever longer waits", async () => {
    for (let count = 0; count < 5; count++) faults.push(() => failure(503, "ServiceUnavailable", "come back later"));
    await expect(graphOf([one])).rejects.toMatchObject({
      status: 502,
      message: "failed to get availability domains: come back later",
    });
    expect(waits).toEqual([500, 1000, 2000, 4000]);
  });

  test.each([
    ["/computeHosts", "failed to get hosts info: no such thing"],
    ["/computeHosts/h1", "failed to get hosts info: no such thing"],
    ["/availabilityDomains", "failed to get availability domains: no such thing"],
  ])("at %s for good is an error at once, which shows no key", async (path, message) => {
    const refuse = ({ url }: WireRequest) =>
      url.pathname.endsWith(path) ? failure(404, "NotAuthorizedOrNotFound", "no such thing") : undefined;
    faults.push(refuse, refuse, refuse);
    const error = await graphOf([one]).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 502, message });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/PRIVATE KEY|Signature/);
    expect(waits).toEqual([]);
  });

  test("with a page's token that it gave before is an error", async () => {
    const again = () => json({ items: [] }, { headers: { "opc-next-page": "repeat" } });
    faults.push(() => undefined, again, again);
    await expect(graphOf([one])).rejects.toMatchObject({
      status: 502,
      message: 'failed to get hosts info: ListComputeHosts returned repeated page token "repeat"',
    });
  });

  test("with text that is no JSON is an error", async () => {
    faults.push(() => ({ headers: { "content-type": "application/json" }, body: "[{" }));
    await expect(graphOf([one])).rejects.toMatchObject({
      status: 502,
      message: expect.stringMatching(/^failed to get availability domains: .*JSON/),
    });
  });

  test("by not being there is an error that says where it is not", async () => {
    const other = await wireServer(() => ({}));
    await other[Symbol.asyncDispose]();
    await expect(graphOf([one], { host: ociHost(other.url) })).rejects.toMatchObject({
      status: 502,
      message: `failed to get availability domains: connect ECONNREFUSED ${other.url.host}`,
    });
  });

  test("without an answer is an error after the deadline", async () => {
    faults.push(() => "hang");
    await expect(graphOf([one], { deadlineMs: 50 })).rejects.toMatchObject({
      status: 502,
      message: expect.stringMatching(/^failed to get availability domains: .*timeout/),
    });
  });

  test("without an answer is left with the signal", async () => {
    const stop = new AbortController();
    const reason = new Error("no longer wanted");
    faults.push(() => {
      stop.abort(reason);
      return "hang";
    });
    await expect(graphOf([one], { abort: stop.signal })).rejects.toBe(reason);
  });
});

describe("a request to the provider oci", () => {
  test("must name the region", async () => {
    const nowhere = { region: "", instances: new Map([["i1", "n1"]]) };
    await expect(graphOf([nowhere])).rejects.toMatchObject({ status: 400, message: "must specify region" });
  });

  test("with a key that is none is an error which does not show it", async () => {
    const given = new Map([...creds, ["privateKey", "very secret"]]);
    await expect(graphOf([regionOf(["i1"])], { creds: given })).rejects.toMatchObject({
      status: 502,
      message: expect.not.stringContaining("very secret"),
    });
  });

  test("that trims three tiers is refused", async () => {
    const settings = { creds, params: toParamMap({ trimTiers: 3 }) };
    await expect(openOci(settings, ociHost(), signal)).rejects.toMatchObject({
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
        `echo $(curl -s -H "Authorization: Bearer Oracle" -L http://169.254.169.254/opc/v2/instance/${what})`,
      ] satisfies [string, ...string[]],
      output: { stdout, stderr: "", exitCode: 0 },
    });
    const runner = createRecordedRunner([pdsh("id", "n1: ocid1.i\n"), pdsh("region", "n1: phx\n")]);
    const { instanceMapper } = await openOci({ creds, params: new Map() }, recordingHost({ runner }), signal);
    expect(await instanceMapper?.nodesByInstance(["n1"], signal)).toEqual(new Map([["ocid1.i", "n1"]]));
    expect(await instanceMapper?.regionsByNode(["n1"], signal)).toEqual(new Map([["n1", "phx"]]));
  });
});

interface Asked extends OciOptions {
  readonly host?: ReturnType<typeof ociHost>;
  readonly creds?: ReadonlyMap<string, string>;
  readonly pageSize?: number;
  readonly abort?: AbortSignal;
}

async function graphOf(instances: readonly ComputeInstances[], asked: Asked = {}): Promise<TopologyGraph> {
  const settings = { creds: asked.creds ?? creds, params: new Map() };
  const provider = await openOci(settings, asked.host ?? ociHost(), signal, { clock, ...asked });
  const pageSize = asked.pageSize === undefined ? {} : { pageSize: asked.pageSize };
  return provider.graph({ instances, ...pageSize }, asked.abort ?? signal);
}

function ociHost({ href } = oracle.url) {
  return recordingHost({ environment: { OCI_ENDPOINT_URL: href } });
}

function regionOf(ids: readonly string[]): ComputeInstances {
  return { region: "us-phoenix-1", instances: new Map(ids.map((id) => [id, `n${id}`])) };
}

function hostOf(instanceId: string, localBlockId: string) {
  return { instanceId, localBlockId, networkBlockId: "network", hpcIslandId: "island" };
}

function failure(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
  return json({ code, message }, { status, headers });
}
