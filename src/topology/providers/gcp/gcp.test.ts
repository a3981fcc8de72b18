import { inspect } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { nodesOf, switchesOf } from "../../../../test/graph-lines.ts";
import { recordingHost } from "../../../../test/recording-host.ts";
import { inTurn, json, wireServer, type WireAnswer, type WireServer } from "../../../../test/wire-server.ts";
import type { Clock } from "../../../jobs/clock.ts";
import { createRecordedRunner } from "../../../remote/recorded-runner.ts";
import type { ComputeInstances } from "../../graph/topology-graph.ts";
import { toParamMap } from "../../params/to-param-map.ts";
import type { Provider } from "../../provider.ts";
import { openGcp } from "./gcp.ts";

const { signal } = new AbortController();
const waits: number[] = [];
const clock: Clock = { now: () => 0, sleep: async (milliseconds) => void waits.push(milliseconds) };

/** What the test says of instances; the metadata service gives out tokens beside it. */
let compute: WireServer["answer"] = () => ({ status: 500 });
const google = await wireServer((request) => {
  const { pathname } = request.url;
  const headers = { "metadata-flavor": "Google" };
  if (!pathname.startsWith("/computeMetadata/v1/")) return compute(request);
  if (pathname.endsWith("/project/project-id")) return { headers, body: "metadata-project\n" };
  if (!pathname.endsWith("/token")) return { headers, body: "metadata" };
  return json({ access_token: "very secret", expires_in: 3600, token_type: "Bearer" }, { headers });
});
const endpoint = `${google.url.href}compute/v1/`;
const host = recordingHost({ environment: { CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: endpoint } });
let gcp: Provider;

beforeAll(async () => {
  // The client looks for credentials in the process's own environment.
  vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", undefined);
  vi.stubEnv("CLOUDSDK_CONFIG", "/nonexistent");
  vi.stubEnv("GCE_METADATA_HOST", google.url.host);
  gcp = await openGcp(settingsOf({ project_id: "p-1" }), host, signal, { clock });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await google[Symbol.asyncDispose]();
});
beforeEach(() => {
  for (const list of [google.requests, host.recorded.metrics, waits]) list.splice(0);
});

describe("instances of Compute Engine", () => {
  test("stand in their sub-block, block and cluster, and the sub-block is their domain", async () => {
    compute = inTurn(
      page([
        instance("1001", { cluster: "c", block: "b", subblock: "s1" }),
        instance("18446744073709551615", { cluster: "c", block: "b", subblock: "s2" }),
      ]),
    );
    const graph = await graphOf([zoneOf("z-a", ["1001", "18446744073709551615"])]);
    expect(switchesOf(graph)).toEqual(["c < -", "b < c", "s1 < b", "s2 < b"]);
    expect(nodesOf(graph)).toEqual(["n1001 < s1", "n18446744073709551615 < s2"]);
    expect([...(graph.domains?.keys() ?? [])]).toEqual(["s1", "s2"]);
    expect(host.recorded.metrics).toEqual(['topograph_gcp_request_latency{method="ListInstances"}']);
  });

  test("are asked for by project and zone, with the token of the metadata service", async () => {
    compute = inTurn(page([]));
    await graphOf([zoneOf("z-a", ["1"])]);
    const [request, ...others] = asked();
    expect(others).toEqual([]);
    expect(`${request?.method} ${request?.url.pathname}${request?.url.search}`).toBe(
      "GET /compute/v1/projects/p-1/zones/z-a/instances",
    );
    expect(request?.headers.authorization).toBe("Bearer very secret");
  });

  test("of which a part is not known stand without a topology, and a metric says what is missing", async () => {
    compute = inTurn(
      page([
        { id: "1" },
        { id: "2", resourceStatus: {} },
        instance("3", { cluster: "c", block: "b" }),
        instance("4", { cluster: "c", block: "b", subblock: "s" }),
        { id: "5" },
      ]),
    );
    const graph = await graphOf([zoneOf("z", ["1", "2", "3", "4"])]);
    expect(nodesOf(graph)).toEqual(["n1 < no-topology", "n2 < no-topology", "n3 < no-topology", "n4 < s"]);
    expect(host.recorded.metrics.slice(1)).toEqual([
      'topograph_gcp_missing_resource_status{instance_name="1"}',
      'topograph_gcp_missing_physical_host_topology{instance_name="2"}',
      'topograph_gcp_missing_topology_info{instance_name="3"}',
      ...[1, 2, 3].map((n) => `topograph_missing_topology{provider="gcp",node="n${n}"}`),
    ]);
  });

  test("come page by page, as large as the settings say", async () => {
    const place = { cluster: "c", block: "b", subblock: "s" };
    compute = inTurn(page([instance("1", place)], "second"), page([instance("2", place)]));
    expect(nodesOf(await graphOf([zoneOf("z", ["1", "2"])], { pageSize: 1 }))).toEqual(["n1 < s", "n2 < s"]);
    expect(asked().map(({ url }) => url.search)).toEqual(["?maxResults=1", "?maxResults=1&pageToken=second"]);
  });

  test("on pages that lead in a circle are an error", async () => {
    compute = inTurn(page([], "again"));
    await expect(graphOf([zoneOf("z", ["1"])])).rejects.toMatchObject({
      status: 502,
      message: 'ListInstances returned repeated page token "again"',
    });
    expect(asked()).toHaveLength(2);
  });
});

describe("Compute Engine that fails", () => {
  const zone = zoneOf("z", ["1"]);

  test.each([429, 503])("for the moment, with %i, is asked again after ever longer waits", async (status) => {
    const busy = json({ error: { code: status, message: "later" } }, { status, headers: { "retry-after": "1" } });
    compute = inTurn(busy, busy, page([instance("1", { cluster: "c", block: "b", subblock: "s" })]));
    expect(nodesOf(await graphOf([zone]))).toEqual(["n1 < s"]);
    expect(waits).toEqual([500, 1000]);
  });

  test("for long is an error with its own words, after five tries", async () => {
    compute = inTurn(json({ error: { code: 503, message: "The service is unavailable." } }, { status: 503 }));
    await expect(graphOf([zone])).rejects.toMatchObject({ status: 502, message: "The service is unavailable." });
    expect(asked()).toHaveLength(5);
  });

  test.each([
    [403, "Required 'compute.instances.list' permission for 'projects/p-1'"],
    [401, "Request had invalid authentication credentials."],
  ])("for good, with %i, is an error at once, which shows no token", async (code, message) => {
    compute = inTurn(json({ error: { code, message } }, { status: code }));
    const error = await graphOf([zone]).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 502, message });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("very secret");
    expect(waits).toEqual([]);
  });

  test("with text that is no JSON is an error", async () => {
    compute = inTurn({ headers: { "content-type": "application/json" }, body: "{not json" });
    await expect(graphOf([zone])).rejects.toMatchObject({ status: 502, message: expect.stringContaining("JSON") });
  });

  test("without an answer is left with the signal", async () => {
    const stop = new AbortController();
    const reason = new Error("no longer wanted");
    compute = () => {
      stop.abort(reason);
      return "hang";
    };
    await expect(graphOf([zone], { abort: stop.signal })).rejects.toBe(reason);
  });

  test("without an answer is an error after the deadline", async () => {
    compute = () => "hang";
    const hurried = await openGcp(settingsOf({ project_id: "p-1" }), host, signal, { clock, deadlineMs: 50 });
    await expect(hurried.graph({ instances: [zone] }, signal)).rejects.toMatchObject({
      status: 502,
      message: expect.stringMatching(/^Deadline exceeded: .* within 50 milliseconds/),
    });
  });
});

describe("a request to the provider gcp", () => {
  test("with credentials that cannot be read is an error of the client, which another attempt may mend", async () => {
    vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent/credentials.json");
    onTestFinished(() => void vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", undefined));
    const provider = await openGcp(settingsOf({ project_id: "p" }), host, signal, { clock });
    await expect(provider.graph({ instances: [zoneOf("z", ["1"])] }, signal)).rejects.toMatchObject({
      status: 502,
      message: expect.stringMatching(/^failed to get client: failed to get instances client: .*credentials\.json/),
    });
    expect(asked()).toEqual([]);
  });

  test("must name the zone", async () => {
    await expect(graphOf([zoneOf("", ["1"])])).rejects.toMatchObject({ status: 400, message: "must specify region" });
  });

  test.each([
    [3, "parameters error: invalid 'trimTiers' value '3': must be an integer between 0 and 2"],
    [true, "parameters error: invalid 'trimTiers' value 'true': unsupported type bool"],
  ])("that trims %o tiers is refused", async (trimTiers, message) => {
    const settings = settingsOf({ project_id: "p", trimTiers });
    await expect(openGcp(settings, host, signal)).rejects.toMatchObject({ status: 400, message });
  });

  test("with an endpoint that is no URL is refused", async () => {
    const wrong = recordingHost({ environment: { CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: "nowhere" } });
    await expect(openGcp(settingsOf({ project_id: "p" }), wrong, signal)).rejects.toMatchObject({
      status: 400,
      message: "the variable CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE holds no URL",
    });
  });

  test("learns instances and zones from the nodes' own metadata", async () => {
    const pdsh = (what: string, stdout: string) => ({
      argv: [
        "pdsh",
        "-R",
        "ssh",
        "-w",
        "n1",
        `echo $(curl -s -H "Metadata-Flavor: Google" http://metadata.google.internal/computeMetadata/v1/instance/${what})`,
      ] satisfies [string, ...string[]],
      output: { stdout, stderr: "", exitCode: 0 },
    });
    const runner = createRecordedRunner([pdsh("id", "n1: 17\n"), pdsh("zone", "n1: projects/12/zones/us-a\n")]);
    const { instanceMapper } = await openGcp(settingsOf({ project_id: "p" }), recordingHost({ runner }), signal);
    expect(await instanceMapper?.nodesByInstance(["n1"], signal)).toEqual(new Map([["17", "n1"]]));
    expect(await instanceMapper?.regionsByNode(["n1"], signal)).toEqual(new Map([["n1", "us-a"]]));
  });
});

function settingsOf(params: unknown) {
  return { creds: new Map<string, string>(), params: toParamMap(params) };
}

interface Asked {
  readonly pageSize?: number;
  readonly abort?: AbortSignal;
}

function graphOf(instances: readonly ComputeInstances[], { pageSize, abort = signal }: Asked = {}) {
  return gcp.graph({ instances, ...(pageSize !== undefined && { pageSize }) }, abort);
}

function zoneOf(region: string, ids: readonly string[]): ComputeInstances {
  return { region, instances: new Map(ids.map((id) => [id, `n${id}`])) };
}

/** What was asked of Compute Engine itself. */
function asked() {
  return google.requests.filter(({ url }) => url.pathname.startsWith("/compute/"));
}

function page(items: readonly unknown[], nextPageToken?: string): WireAnswer {
  return json({ kind: "compute#instanceList", items, ...(nextPageToken !== undefined && { nextPageToken }) });
}

function instance(id: string, physicalHostTopology: Readonly<Record<string, string>>) {
  return { kind: "compute#instance", id, name: `vm-${id}`, resourceStatus: { physicalHostTopology } };
}
