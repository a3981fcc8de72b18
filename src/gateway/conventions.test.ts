import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { fakeGateway } from "../../test/fake-gateway.ts";
import { fakeJob } from "../../test/fake-job-service.ts";
import { SluiceError } from "../errors.ts";
import { Problem } from "../schema/api-problem.ts";
import { exampleJobId } from "./contract/job-operations.ts";

const job = { script: "#!/bin/sh\n" };
const post = (body: unknown, more: RequestInit = {}): RequestInit => ({
  method: "POST",
  body: JSON.stringify(body),
  ...more,
});

describe("conventions", () => {
  test("what has not changed is answered by 304", async () => {
    const { request, service } = fakeGateway();
    for (const path of [`/v1/jobs/${exampleJobId}`, "/v1/jobs"]) {
      const etag = (await request(path)).headers.get("etag") ?? "";
      expect((await request(path, { headers: { "if-none-match": `"x", ${etag}` } })).status).toBe(304);
      service.jobs.set(exampleJobId, fakeJob(exampleJobId, { name: path, version: 4 }));
      expect((await request(path, { headers: { "if-none-match": etag } })).status).toBe(200);
    }
  });

  test("fields are chosen, and the id comes along", async () => {
    const { request } = fakeGateway();
    const response = await request("/v1/jobs?fields=name,state");
    expect(await response.json()).toEqual({ jobs: [{ id: exampleJobId, name: "train", state: "running" }] });
  });

  test.each([
    ["?limit=0", "limit", ", not 0"],
    ["?limit=x", "limit", ""],
    ["?state=dead", "state.0", ', not "dead"'],
    ["?label=x", "label", 'takes NAME=VALUE, not "x"'],
    [
      "?from=yesterday",
      "from",
      'takes a time such as 2026-07-01T12:00:00Z or 2026-07-01T14:00:00+02:00, not "yesterday"',
    ],
    ["?fields=secret", "fields.0", ', not "secret"'],
    ["?what=1", "", '"what"'],
    ["?limit=1&limit=2", "limit", ""],
  ])("the query %s is refused by its field, with what came", async (query, field, said) => {
    const { request } = fakeGateway();
    const response = await request(`/v1/jobs${query}`);
    expect(response.status).toBe(400);
    const { code, detail, details } = Problem.parse(await response.json());
    expect([code, details]).toEqual(["INPUT_INVALID", { field, in: "query" }]);
    expect(detail).toContain(said);
  });

  test("a header is refused by its name, with what came", async () => {
    const { request } = fakeGateway();
    const refused = async (path: string, init: RequestInit): Promise<unknown> =>
      Problem.parse(await (await request(path, init)).json());
    expect(await refused("/v1/jobs", post(job, { headers: { "idempotency-key": "a b" } }))).toMatchObject({
      detail: 'header Idempotency-Key: takes 1 to 255 printable ASCII characters without blanks, not "a b"',
      details: { field: "Idempotency-Key", in: "header" },
    });
    expect(await refused("/v1/events", { headers: { "last-event-id": "last" } })).toMatchObject({
      detail: 'header Last-Event-ID: takes a whole number from 0, not "last"',
      details: { field: "Last-Event-ID", in: "header" },
    });
  });

  test("the value of a variable is not repeated where it is refused", async () => {
    const { request } = fakeGateway();
    const response = await request("/v1/jobs", post({ ...job, env: { KEY: "secret\0" } }));
    const { detail } = Problem.parse(await response.json());
    expect(detail).toMatch(/^body env\.KEY: /);
    expect(detail).not.toContain("secret");
  });

  test("a large answer is gzipped for who asks for it", async () => {
    const { request, service } = fakeGateway();
    for (let i = 0; i < 50; i += 1) service.jobs.set(`x${i}`, fakeJob(`x${i}`));
    const response = await request("/v1/jobs", { headers: { "accept-encoding": "gzip" } });
    expect(response.headers.get("content-encoding")).toBe("gzip");
    expect(gunzipSync(await response.arrayBuffer()).toString()).toContain("x49");
  });

  test("each request has an id, the client's own where it is decent, and a line in the log without secrets", async () => {
    const { request, log, token } = fakeGateway();
    const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const mine = await request("/v1/jobs?name=secret", { headers: { "x-request-id": "abc-1", traceparent: trace } });
    const theirs = await request("/v1/nowhere", { headers: { "x-request-id": 'a"b' } });
    expect(mine.headers.get("x-request-id")).toBe("abc-1");
    expect(theirs.headers.get("x-request-id")).toMatch(/^[0-9A-Z]{26}$/);
    expect(log[0]).toMatchObject({
      event: "request",
      requestId: "abc-1",
      traceId: "0af7651916cd43dd8448eb211c80319c",
      path: "/v1/jobs",
      status: 200,
      subject: "alice",
    });
    const text = JSON.stringify(log);
    expect(text).not.toContain(token("user"));
    expect(text).not.toContain("secret");
  });

  test("too many requests with one token are told when to come again, those with another go on", async () => {
    const { request } = fakeGateway({ rateLimit: { perSecond: 0.5, burst: 3 } });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i += 1) statuses.push((await request("/v1/jobs")).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    const refused = await request("/v1/jobs");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(Problem.parse(await refused.json()).retry).toBe(true);
    expect((await request("/v1/jobs", { scope: "operator" })).status).toBe(200);
  });

  test("a body beyond its bound is 413, whether its length is told or not", async () => {
    const { request } = fakeGateway();
    const large = "x".repeat(9 * 1024 * 1024);
    const told = await request("/v1/jobs", { method: "POST", body: large });
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(1024 * 1024).fill(0x20)),
    });
    const untold = await request("/v1/jobs", { method: "POST", body: stream, duplex: "half" });
    expect([told.status, untold.status]).toEqual([413, 413]);
  });

  test("another method is 405, another path 404", async () => {
    const { request } = fakeGateway();
    const wrong = await request(`/v1/jobs/${exampleJobId}`, { method: "DELETE" });
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET, PATCH, HEAD, OPTIONS"]);
    expect((await request("/v2")).status).toBe(404);
  });

  test("OPTIONS says what a path takes, and allows no foreign page anything", async () => {
    const { request } = fakeGateway();
    const asked = await request("/v1/jobs", { method: "OPTIONS", scope: "none" });
    expect([asked.status, asked.headers.get("allow")]).toEqual([204, "POST, GET, HEAD, OPTIONS"]);
    expect([...asked.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
    expect((await request("/v2", { method: "OPTIONS", scope: "none" })).status).toBe(404);
  });

  test("HEAD answers with the headers of GET, and leaves no stream open", async () => {
    const { request, deps } = fakeGateway();
    const path = `/v1/jobs/${exampleJobId}`;
    const head = await request(path, { method: "HEAD" });
    expect(head.headers.get("etag")).toBe((await request(path)).headers.get("etag"));
    expect([head.status, await head.text()]).toEqual([200, ""]);
    for (const stream of ["/v1/events", `${path}/output?follow`, `${path}/output`]) {
      const answer = await request(stream, { method: "HEAD" });
      expect([answer.status, await answer.text()]).toEqual([200, ""]);
    }
    expect(deps.metrics.write({ version: "1", storeAnswers: true, clusters: [] })).toContain(
      "\nsluice_http_streams 0\n",
    );
  });

  test("a body that is packed is refused in words", async () => {
    const { request } = fakeGateway();
    const response = await request("/v1/jobs", post(job, { headers: { "content-encoding": "gzip" } }));
    expect(response.status).toBe(415);
    expect(Problem.parse(await response.json()).detail).toMatch(/without a content-encoding/);
  });

  test("a failure of the engine is its problem, a mistake of the program is 500 and tells the client nothing", async () => {
    const { request, service, log } = fakeGateway();
    service.failure = new SluiceError("STORE_UNAVAILABLE", "the database is locked");
    const busy = await request("/v1/jobs", post(job));
    expect(busy.status).toBe(503);
    expect(Problem.parse(await busy.json())).toMatchObject({ code: "STORE_UNAVAILABLE", retry: true });
    service.failure = new TypeError("password=hunter2");
    const mistake = await request("/v1/jobs", post(job));
    expect(mistake.status).toBe(500);
    expect(await mistake.text()).not.toContain("hunter2");
    expect(log.filter(({ event }) => event === "mistake")).toHaveLength(1);
  });

  test("readiness tells strangers no more than yes or no", async () => {
    const { request, service } = fakeGateway();
    service.health = [{ name: "dev", kind: "slurm", status: "unreachable", message: "ssh: no route", pollSeconds: 30 }];
    expect(await (await request("/readyz", { scope: "none" })).json()).toEqual({ ready: true });
    expect(await (await request("/readyz")).json()).toMatchObject({ clusters: [{ message: "ssh: no route" }] });
    service.list = () => Promise.reject(new SluiceError("STORE_UNAVAILABLE", "gone"));
    expect((await request("/readyz", { scope: "none" })).status).toBe(503);
  });

  test("metrics are Prometheus' text, with what was counted", async () => {
    const { request } = fakeGateway();
    await request("/v1/jobs");
    const text = await (await request("/metrics")).text();
    expect(text).toContain('sluice_http_requests_total{operation="listJobs",status="200"} 1\n');
    expect(text).toContain('sluice_cluster_up{cluster="dev"} 1\n');
    expect(text).toMatch(/sluice_cluster_oldest_waiting_seconds\{cluster="dev"\} [1-9]/);
    expect(text).toMatch(/sluice_cluster_answer_age_seconds\{cluster="dev"\} [1-9]/);
    expect(text).toContain("\nsluice_store_up 1\n");
    expect(text.split("\n").filter((line) => !/^(#.*|[a-z_]+(\{[^}]*\})? [\d.e+-]+|)$/.test(line))).toEqual([]);
  });
});
