import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askRaw, leastRequest, post, sendRaw, servedTopology } from "../../../test/served-topology.ts";
import { toParamMap } from "../../topology/params/to-param-map.ts";
import { noDefaults } from "../../topology/request/request-defaults.ts";
import type { OpenDoor } from "../listen.ts";

let served: Awaited<ReturnType<typeof servedTopology>>;
/** Here a request waits for others of its id for longer than any test. */
let patient: Awaited<ReturnType<typeof servedTopology>>;
let door: OpenDoor;

beforeAll(async () => {
  served = await servedTopology(20);
  patient = await servedTopology(3_600_000);
  door = await served.open();
});
afterAll(async () => {
  await served[Symbol.asyncDispose]();
  await patient[Symbol.asyncDispose]();
});

function plainError(status: string, body: string): string {
  return [
    `HTTP/1.1 ${status}`,
    "Content-Type: text/plain; charset=utf-8",
    "X-Content-Type-Options: nosniff",
    `<date>Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
    "",
    body,
  ].join("\r\n");
}

async function result(id: string): Promise<Response> {
  let response = await fetch(`${door.url}/v1/topology?uid=${id}`);
  await expect
    .poll(async () => (response = await fetch(`${door.url}/v1/topology?uid=${id}`)).status, {
      timeout: 30_000,
      interval: 50,
    })
    .not.toBe(202);
  return response;
}

const simpleTree =
  "SwitchName=S1 Switches=S[2-3]\nSwitchName=S2 Nodes=Node[201-202,205]\nSwitchName=S3 Nodes=Node[304-306]\n";

describe("byte by byte", () => {
  test.each([
    ["GET", "/v1/generate", "405 Method Not Allowed", "Invalid request method\n"],
    ["PUT", "/v1/lookup", "405 Method Not Allowed", "Invalid request method\n"],
    ["POST", "/v1/topology", "405 Method Not Allowed", "invalid request method\n"],
    ["GET", "/v1/topology", "400 Bad Request", "must specify request uid\n"],
    ["GET", "/v1/topology?uid=", "400 Bad Request", "must specify request uid\n"],
    ["GET", "/v1/topology?uid=%zz&a;uid=b", "400 Bad Request", "must specify request uid\n"],
    ["GET", "/v1/topology?uid=no+such%21", "404 Not Found", "request ID no such! not found\n"],
    ["GET", "/v1/topology?uid=%C3%A9", "404 Not Found", "request ID é not found\n"],
    ["GET", "/v1/topology/", "404 Not Found", "404 page not found\n"],
    ["GET", "/v1%2ftopology?uid=x", "404 Not Found", "404 page not found\n"],
    ["GET", "/v1/top%6flogy?uid=x", "404 Not Found", "request ID x not found\n"],
    ["GET", "/", "404 Not Found", "404 page not found\n"],
    ["DELETE", "/invalid", "404 Not Found", "404 page not found\n"],
    ["GET", "/v1/requests/0", "404 Not Found", "404 page not found\n"],
    ["GET", "/v1/requests/99999", "404 Not Found", "request 99999 not found\n"],
    ["GET", "/v1/requests?limit=x", "400 Bad Request", "limit is a number from 1\n"],
  ])("%s %s", async (method, target, status, body) => {
    expect(await askRaw(door, method, target)).toBe(plainError(status, body));
  });

  test("HEAD of a result is refused without a body", async () => {
    const whole = plainError("405 Method Not Allowed", "invalid request method\n");
    expect(await askRaw(door, "HEAD", "/v1/topology?uid=x")).toBe(whole.replace("invalid request method\n", ""));
  });

  test("health answers every method", async () => {
    const headers =
      "HTTP/1.1 200 OK\r\n<date>Content-Length: 3\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n";
    expect(await askRaw(door, "GET", "/healthz")).toBe(`${headers}OK\n`);
    expect(await askRaw(door, "POST", "/healthz", "x")).toBe(`${headers}OK\n`);
    expect(await askRaw(door, "HEAD", "/healthz")).toBe(headers);
  });

  test.each([
    ["//v1/topology", "/v1/topology"],
    ["/v1/./x/../topology?uid=a&b=%22'", "/v1/topology?uid=a&b=%22'"],
    ["/v1//", "/v1/"],
    ["/..", "/"],
  ])("%s is moved to %s", async (target, location) => {
    const page = `<a href="${location.replaceAll("&", "&amp;").replaceAll("'", "&#39;")}">Moved Permanently</a>.\n\n`;
    expect(await askRaw(door, "GET", target)).toBe(
      `HTTP/1.1 301 Moved Permanently\r\nContent-Type: text/html; charset=utf-8\r\nLocation: ${location}\r\n<date>Content-Length: ${page.length}\r\nConnection: close\r\n\r\n${page}`,
    );
    expect(await askRaw(door, "POST", target)).toBe(
      `HTTP/1.1 301 Moved Permanently\r\nLocation: ${location}\r\n<date>Content-Length: 0\r\nConnection: close\r\n\r\n`,
    );
  });

  test("a connection is kept without saying so, and answers one request after the other", async () => {
    const answer = await sendRaw(
      door,
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    );
    expect(answer.split("HTTP/1.1 200 OK")).toHaveLength(3);
    expect(answer.slice(0, answer.indexOf("OK\n"))).not.toMatch(/connection|keep-alive/i);
  });

  test("a body of more than 2 KiB comes in chunks, a smaller one with its length", async () => {
    const small = await askRaw(door, "POST", "/v1/generate", `{"provider":{"name":"${"x".repeat(2_026)}"}}`);
    expect(small).toContain("Content-Length: 2048\r\n");
    const large = await askRaw(door, "POST", "/v1/generate", `{"provider":{"name":"${"x".repeat(2_027)}"}}`);
    expect(large).toContain("Connection: close\r\nTransfer-Encoding: chunked\r\n");
    expect(large).not.toContain("Content-Length");
    expect(large).toContain("\r\n801\r\nunsupported provider xxx");
  });
});

test.each([
  ["", "no provider given for topology request\n"],
  ['{"provider":{"name":"X"}}', "unsupported provider X\n"],
  ['{"provider":{"name":"test"}}', "no engine given for topology request\n"],
  ['{"provider":{"name":"test"},"engine":{"name":"X"}}', "unsupported engine X\n"],
  ["{bad", "failed to parse payload: invalid character 'b' looking for beginning of object key string\n"],
  [
    '{"nodes":5}',
    "failed to parse payload: json: cannot unmarshal number into Go struct field Request.nodes of type []topology.ComputeInstances\n",
  ],
])("POST of %j is refused alike by generate and lookup", async (body, message) => {
  for (const path of ["/v1/generate", "/v1/lookup"]) {
    const response = await post(door, path, body);
    expect([response.status, await response.text()]).toEqual([400, message]);
  }
});

test("a request is answered with its id, its result follows, and lookup finds it", async () => {
  const before = await post(door, "/v1/lookup", leastRequest);
  expect([before.status, await before.text()]).toEqual([404, "request ID c084c78a61a266a9 not found\n"]);
  const waiting = await patient.open();
  for (const to of [waiting, door])
    expect(await askRaw(to, "POST", "/v1/generate", leastRequest)).toMatch(
      /^HTTP\/1\.1 202 Accepted\r\nLocation: \/v1\/requests\/\d+\r\n<date>Content-Length: 16\r\nContent-Type: text\/plain; charset=utf-8\r\nConnection: close\r\n\r\nc084c78a61a266a9$/,
    );
  expect(await askRaw(waiting, "GET", "/v1/topology?uid=c084c78a61a266a9")).toBe(
    "HTTP/1.1 202 Accepted\r\n<date>Content-Length: 44\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\nrequest ID c084c78a61a266a9 has been created",
  );
  const answer = await result("c084c78a61a266a9");
  expect([answer.status, await answer.text()]).toEqual([200, simpleTree]);
  expect(answer.headers.get("x-content-type-options")).toBeNull();
  const found = await post(door, "/v1/lookup", leastRequest);
  expect([found.status, await found.text()]).toEqual([200, simpleTree]);
});

test("an empty topology has no kind", async () => {
  const id = await (
    await post(
      door,
      "/v1/generate",
      '{"provider":{"name":"crusoe-sim","params":{"modelFileName":"small-tree.yaml"}},"engine":{"name":"slurm"},"nodes":[{"region":"r","instances":{}}]}',
    )
  ).text();
  await result(id);
  expect(await askRaw(door, "GET", `/v1/topology?uid=${id}`)).toBe(
    "HTTP/1.1 200 OK\r\n<date>Content-Length: 0\r\nConnection: close\r\n\r\n",
  );
});

test.each([
  [{ generateResponseCode: 503, errorMessage: "not today" }, 503, "not today\n"],
  [{ generateResponseCode: "404" }, 404, "\n"],
  [{ generateResponseCode: 200 }, 400, "Unsupported response code.\n"],
  [
    { generateResponseCode: "x" },
    400,
    expect.stringMatching(
      /^error decoding params: could not decode configuration: 1 error\(s\) decoding:\n\n\* .*generateResponseCode.*\n$/,
    ),
  ],
])("the test provider's %j answers the POST itself", async (params, status, body) => {
  const request = JSON.stringify({ provider: { name: "test", params }, engine: { name: "slurm" } });
  const response = await post(door, "/v1/generate", request);
  expect(response.status).toBe(status);
  expect(await response.text()).toEqual(body);
  expect((await post(door, "/v1/lookup", request)).status).toBe(404);
});

test.each([
  [{ topologyResponseCode: 404, errorMessage: "none" }, 404, "none\n"],
  [{ topologyResponseCode: 300 }, 400, "Invalid topology response code: 300\n"],
])("the test provider's %j is the result", async (params, status, body) => {
  const id = await (
    await post(door, "/v1/generate", JSON.stringify({ provider: { name: "test", params }, engine: { name: "slurm" } }))
  ).text();
  const response = await result(id);
  expect([response.status, await response.text()]).toEqual([status, body]);
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
});

test("a failing request tells why while it is still tried again", async () => {
  const params = { topologyResponseCode: 503, errorMessage: "the cloud is away" };
  const response = await post(
    door,
    "/v1/generate",
    JSON.stringify({ provider: { name: "test", params, creds: { token: "s3cret" } }, engine: { name: "slurm" } }),
  );
  const path = response.headers.get("location") ?? "";
  const readRecord = async (): Promise<unknown> => (await fetch(`${door.url}${path}`)).json();
  await expect.poll(readRecord, { timeout: 30_000, interval: 50 }).toMatchObject({
    state: "retrying",
    provider: "test",
    engine: "slurm",
    status: 503,
    reason: "the cloud is away",
    nextAttemptAt: expect.stringMatching(/^\d{4}-.*Z$/),
  });
  const under = await fetch(`${door.url}/v1/topology?uid=${await response.text()}`);
  expect(under.status).toBe(202);
  expect(await (await fetch(`${door.url}${path}/result`)).text()).toMatch(/^request \d+ is under way$/);
  expect(await (await fetch(`${door.url}/v1/requests`)).text()).not.toContain("s3cret");
  expect(served.logged.join("\n")).toContain("Credentials: [token:***]");
  expect(served.logged.join("\n")).not.toContain("s3cret");
});

test("two requests that differ in nodes alone each have their own answer", async () => {
  const withNodes = (nodes: Record<string, string>): string =>
    JSON.stringify({
      provider: { name: "dsx-sim", params: { modelFileName: "small-tree.yaml" } },
      engine: { name: "slurm" },
      nodes: [{ region: "none", instances: nodes }],
    });
  const [first, second] = [
    await post(door, "/v1/generate", withNodes({ I21: "I21" })),
    await post(door, "/v1/generate", withNodes({ I34: "I34" })),
  ];
  const id = await first.text();
  expect(await second.text()).toBe(id);
  expect(await (await result(id)).text()).toContain("Nodes=I34\n");
  const own = async (response: Response): Promise<string> =>
    (await fetch(`${door.url}${response.headers.get("location")}/result`)).text();
  await expect.poll(() => own(first), { timeout: 30_000 }).toContain("Nodes=I21\n");
  expect(await own(second)).toContain("Nodes=I34\n");
  const list: unknown = await (await fetch(`${door.url}/v1/requests?uid=${id}&limit=1`)).json();
  expect(list).toMatchObject({ requests: [{ id, nodes: 1, state: "done", attempts: 1, status: 200 }] });
});

test("the configuration's names and parameters stand in for those that a request leaves out", async () => {
  const own = await served.open({
    defaults: { provider: "test", providerParams: undefined, engine: "slurm", engineParams: toParamMap({ a: 1 }) },
  });
  expect(await (await post(own, "/v1/generate", "")).text()).toBe(
    await (
      await post(door, "/v1/generate", '{"provider":{"name":"test"},"engine":{"name":"slurm","params":{"a":1}}}')
    ).text(),
  );
});

test("what Topograph could not name has no id", async () => {
  const endless = toParamMap({ k: Infinity });
  const own = await served.open({
    defaults: { ...noDefaults, provider: "test", engine: "slurm", engineParams: endless },
  });
  const generated = await post(own, "/v1/generate", "");
  expect([generated.status, await generated.text()]).toEqual([
    500,
    "failed to hash request: failed to marshal request for hashing: json: unsupported value: +Inf\n",
  ]);
  const found = await post(own, "/v1/lookup", "");
  expect([found.status, await found.text()]).toEqual([
    400,
    "failed to marshal request for hashing: json: unsupported value: +Inf\n",
  ]);
});

test("numbers have the names, labels and buckets of Topograph", async () => {
  const response = await fetch(`${door.url}/metrics`);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
  const text = await response.text();
  expect(text).toContain('topograph_version{version="1.2.3"} 1\n');
  expect(text).toMatch(
    /topograph_http_request_duration_seconds_count\{from="127\.0\.0\.1",method="DELETE",path="\/invalid",proto="HTTP\/1\.1",status="404"\} 1\n/,
  );
  expect(text).toMatch(/topograph_request_duration_seconds_count\{engine="slurm",provider="test",status="200"\} \d+\n/);
  expect(text).toMatch(/topograph_request_duration_seconds_count\{engine="",provider="",status="405"\} \d+\n/);
  expect(text).toMatch(
    /topograph_request_duration_seconds_bucket\{le="12\.5",engine="slurm",provider="test",status="200"\}/,
  );
  for (const [name, type] of [
    ["topograph_missing_topology", "gauge"],
    ["topograph_validation_error_total", "counter"],
    ["topograph_aws_api_latency", "histogram"],
    ["topograph_gcp_missing_topology_info", "counter"],
    ["topograph_gcp_missing_resource_status", "counter"],
    ["topograph_gcp_missing_physical_host_topology", "counter"],
    ["topograph_gcp_request_latency", "summary"],
    ["topograph_oci_request_latency", "summary"],
    ["topograph_oci_missing_host_data", "counter"],
    ["topograph_crusoe_nodes_processed_total", "counter"],
    ["process_resident_memory_bytes", "gauge"],
    ["process_cpu_seconds_total", "counter"],
  ]) {
    expect(text).toContain(`# TYPE ${name} ${type}\n`);
  }
});

test("each request is one line of the log, in the form of Topograph", async () => {
  await askRaw(door, "GET", "/v1/topology?uid=logged");
  await askRaw(door, "GET", "/healthz");
  await expect.poll(() => served.logged.filter((line) => /GET \/(healthz|v1)/.test(line)).at(-1)).toMatch(/healthz/);
  const line = /^(\w+) HTTP\/1\.1 GET (\S+) status (\d+) duration (?:\d+(?:\.\d+)?(?:µs|ms|s)) from 127\.0\.0\.1$/;
  const found = served.logged.flatMap((text) => line.exec(text)?.slice(1).join(" ") ?? []);
  expect(found).toContain("error /v1/topology 404");
  expect(found).toContain("debug /healthz 200");
});
