import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import {
  daemonSet,
  lastState,
  node,
  posts,
  start,
  toResult,
  topologyApi,
  until,
} from "../../../test/observed-topology.ts";
import { recordedKubernetes } from "../kubernetes/recorded-kubernetes.ts";

describe("a request", () => {
  test("goes out once for all Nodes that are there, as Topograph's observer writes it, and its result is told", async () => {
    await using api = await topologyApi();
    const one = start(recordedKubernetes([node("n1"), node("n2"), node("n3")]), api.url);
    await until("a request", () => lastState(one) === "generating");
    expect(api.asked).toEqual([
      {
        path: "/v1/generate",
        body: '{"provider":{"name":"crusoe","creds":null,"params":null},"engine":{"name":"k8s","params":{"nodeSelector":{"a\\u003c":"b"}}},"nodes":null}',
        authorization: undefined,
      },
    ]);
    await toResult(one, "succeeded");
    expect(api.asked.at(-1)?.path).toBe("/v1/topology?uid=abc123");
    expect(one.lines).toEqual([
      "info: topology generation abc123 asked for",
      "info: topology generation abc123 succeeded",
    ]);
    expect(one.states.at(-1)).toEqual({ state: "succeeded", uid: "abc123", since: "2026-01-01T00:00:02.000Z" });
  });

  test("goes out again when something that counts changes, comes or goes, and only then", async () => {
    await using api = await topologyApi();
    const kubernetes = recordedKubernetes([node("n1")]);
    const one = start(kubernetes, api.url);
    await until("the first", () => posts(api) === 1 && lastState(one) === "generating");
    kubernetes.put(node("n1", { other: "x" }));
    kubernetes.put(node("n1", { other: "x", rack: "r1" }));
    await until("a changed label", () => posts(api) === 2);
    kubernetes.put(node("n2"));
    await until("a new Node", () => posts(api) === 3);
    kubernetes.drop("Node", { name: "n2" });
    await until("a Node that went", () => posts(api) === 4);
    expect(kubernetes.requests.map(({ verb }) => verb)).toEqual(["watch"]);
  });

  test("brings the token that the server asks for", async () => {
    await using api = await topologyApi();
    const one = start(recordedKubernetes([node("n1")]), api.url, { readToken: () => Promise.resolve("secret") });
    await until("a request", () => lastState(one) === "generating");
    await toResult(one, "succeeded");
    expect(api.asked.map(({ authorization }) => authorization)).toEqual(["Bearer secret", "Bearer secret"]);
  });

  test("that is refused is told and sent again after the delay", async () => {
    await using api = await topologyApi();
    api.generate = (response) => response.writeHead(400).end("unsupported engine x\n");
    const one = start(recordedKubernetes([node("n1")]), api.url);
    await until("the failure", () => lastState(one) === "failed");
    expect(one.states.at(-1)).toMatchObject({ state: "failed", code: 400 });
    expect(one.lines.at(-1)).toContain(
      "Topology reconciliation failed: failed to send topology generation request: unsupported engine x",
    );
    api.generate = (response) => response.writeHead(202).end("abc123");
    await until("the wait", () => one.clock.next === 300_000);
    one.clock.advance(299_999);
    await turn();
    expect(posts(api)).toBe(1);
    one.clock.advance(1);
    await until("the second", () => lastState(one) === "generating");
    expect(posts(api)).toBe(2);
  });

  test("that failed does not hold up a change that comes", async () => {
    await using api = await topologyApi();
    api.generate = (response) => response.writeHead(400).end("no");
    const kubernetes = recordedKubernetes([node("n1")]);
    const one = start(kubernetes, api.url);
    await until("the failure", () => lastState(one) === "failed");
    kubernetes.put(node("n2"));
    await until("the second", () => posts(api) === 2);
    expect(one.clock.now()).toBe(Date.UTC(2026, 0, 1));
  });

  test("is tried five times where the server is busy", async () => {
    await using api = await topologyApi();
    api.generate = (response) => response.writeHead(503).end("busy");
    const one = start(recordedKubernetes([node("n1")]), api.url);
    for (const waitMs of [500, 1000, 2000, 4000]) {
      await until(`a wait of ${waitMs} ms`, () => one.clock.next === waitMs);
      one.clock.advance(waitMs);
    }
    await until("the failure", () => lastState(one) === "failed");
    expect(posts(api)).toBe(5);
  });
});

describe("a result", () => {
  test("is waited for as long as it is being made", async () => {
    await using api = await topologyApi();
    api.result = (response) => response.writeHead(202).end("request ID abc123 has been created");
    const one = start(recordedKubernetes([node("n1")]), api.url);
    await until("a request", () => lastState(one) === "generating");
    for (const waitMs of [2000, 3000, 4500]) {
      await until(`a wait of ${waitMs} ms`, () => one.clock.next === waitMs);
      one.clock.advance(waitMs);
    }
    await until("three questions", () => api.asked.length === 4 && one.clock.next === 6750);
    api.result = (response) => response.end("");
    one.clock.advance(6750);
    await until("the result", () => lastState(one) === "succeeded");
    expect(posts(api)).toBe(1);
  });

  test("that failed for a time is said, and asked for again after the delay", async () => {
    await using api = await topologyApi();
    api.result = (response) => response.writeHead(502).end("failed to list node in the cluster: no luck\n");
    const one = start(recordedKubernetes([node("n1")]), api.url);
    await until("a request", () => lastState(one) === "generating");
    await toResult(one, "failed");
    expect(one.states.at(-1)).toMatchObject({
      uid: "abc123",
      code: 502,
      message: "failed to list node in the cluster: no luck",
    });
    expect(one.lines.at(-1)).toBe(
      "error: topology generation abc123 failed with status 502: failed to list node in the cluster: no luck",
    );
    await until("the wait", () => one.clock.next === 300_000);
    one.clock.advance(300_000);
    await until("the second", () => posts(api) === 2);
  });

  test("that failed for good is said, and not asked for again", async () => {
    await using api = await topologyApi();
    api.result = (response) => response.writeHead(400).end("missing block topology\n");
    const one = start(recordedKubernetes([node("n1")]), api.url);
    await until("a request", () => lastState(one) === "generating");
    await toResult(one, "failed");
    one.clock.advance(3_600_000);
    await turn();
    expect(posts(api)).toBe(1);
  });

  test("that the server has forgotten is unknown", async () => {
    await using api = await topologyApi();
    api.result = (response) => response.writeHead(404).end("request ID abc123 not found\n");
    const one = start(recordedKubernetes([node("n1")]), api.url);
    await until("a request", () => lastState(one) === "generating");
    await toResult(one, "unknown");
    expect(one.lines.at(-1)).toBe("warning: topology generation abc123: request ID abc123 not found");
  });

  test("is asked for again where the server cannot be reached for a while", async () => {
    await using api = await topologyApi();
    api.result = (response) => response.destroy();
    const one = start(recordedKubernetes([node("n1")]), api.url);
    await until("a request", () => lastState(one) === "generating");
    await until("a wait", () => one.clock.next === 2000);
    one.clock.advance(2000);
    await until("a longer wait", () => one.clock.next === 3000);
    api.result = (response) => response.end("x");
    one.clock.advance(3000);
    await until("the result", () => lastState(one) === "succeeded");
    expect(one.states.map(({ state }) => state)).toEqual(["generating", "succeeded"]);
  });
});

describe("the brokers", () => {
  const broker = { name: "broker", namespace: "ns" };

  test("have to be ready first", async () => {
    await using api = await topologyApi();
    const kubernetes = recordedKubernetes([node("n1"), daemonSet(2, 1)]);
    const one = start(kubernetes, api.url, { broker });
    await until("the wait", () => one.clock.next === 10_000);
    expect(one.states.at(-1)).toMatchObject({ state: "waiting" });
    expect(posts(api)).toBe(0);
    kubernetes.put(daemonSet(2, 2));
    await until("a request", () => posts(api) === 1);
  });

  test("that are for no node are named, and looked at again", async () => {
    await using api = await topologyApi();
    const one = start(recordedKubernetes([node("n1"), daemonSet(0, 0)]), api.url, { broker });
    const message =
      "node-data-broker DaemonSet ns/broker has 0 desired replicas; check its node selector, affinity, and tolerations";
    await until("the wait", () => one.clock.next === 10_000);
    expect(one.lines).toEqual([`error: ${message}`]);
    one.clock.advance(10_000);
    await until("the second look", () => one.lines.length === 2);
    expect(posts(api)).toBe(0);
  });
});

describe("the start", () => {
  test("waits until the API is up", async () => {
    await using api = await topologyApi();
    api.healthz = (response) => response.writeHead(503).end();
    const one = start(recordedKubernetes([node("n1")]), api.url);
    await until("the wait", () => one.clock.next === 2000);
    expect(one.lines).toEqual([`info: waiting for topology's API at ${new URL("/healthz", api.url).href}: status 503`]);
    api.healthz = (response) => response.end("OK\n");
    one.clock.advance(2000);
    await until("a request", () => posts(api) === 1);
  });

  test("fails where it is not up within a minute", async () => {
    const one = start(recordedKubernetes(), "http://127.0.0.1:1/v1/generate");
    const failure = one.done.catch((error: unknown) => error);
    for (let count = 0; count < 30; count++) {
      await until("the wait", () => one.clock.next === 2000);
      one.clock.advance(2000);
    }
    expect(await failure).toMatchObject({
      status: 503,
      message: "topograph API not ready at http://127.0.0.1:1/healthz after 1m0s: context deadline exceeded",
    });
  });

  test("begins to watch again where that is refused", async () => {
    await using api = await topologyApi();
    const kubernetes = recordedKubernetes([node("n1")]);
    kubernetes.fail({ verb: "watch", status: 403, message: "nodes is forbidden", times: 1 });
    const one = start(kubernetes, api.url);
    await until("the wait", () => one.clock.next === 5000);
    expect(one.lines).toEqual(["warning: nodes cannot be watched: nodes is forbidden; trying again in 5 s"]);
    one.clock.advance(5000);
    await until("a request", () => posts(api) === 1);
  });

  test("ends at once where it is to stop", async () => {
    await using api = await topologyApi();
    const one = start(recordedKubernetes([node("n1")]), api.url);
    await one.stop();
    await one.done;
    expect(lastState(one)).not.toBe("failed");
  });
});
