import { describe, expect, test } from "vitest";
import { configMapsResource, daemonSetsResource, nodesResource, podsResource } from "../kubernetes-nodes.ts";
import { wireCluster } from "../../../test/kubernetes-wire-cluster.ts";
import { answerJson, statusOf } from "../../../test/kubernetes-wire-server.ts";

const { signal } = new AbortController();
const node = (name: string): unknown => ({ metadata: { name, resourceVersion: "1", labels: {} } });
const page = (names: readonly string[], next = ""): unknown => ({
  kind: "NodeList",
  apiVersion: "v1",
  metadata: { resourceVersion: "7", ...(next !== "" && { continue: next }) },
  items: names.map(node),
});

describe("listing", () => {
  test("asks page after page and hands out all", async () => {
    await using cluster = await wireCluster(({ url }, response) => {
      const pages: Record<string, unknown> = {
        "": page(["n1", "n2"], "second page/+"),
        "second page/+": page(["n3"], "third"),
        third: page(["n4"]),
      };
      answerJson(response, 200, pages[url.searchParams.get("continue") ?? ""]);
    });
    const found = await cluster.api.list(nodesResource, { labelSelector: "a in (b,c)", fieldSelector: "d=e" }, signal);
    expect(found.map(({ metadata }) => metadata?.name)).toEqual(["n1", "n2", "n3", "n4"]);
    expect(cluster.server.requests).toHaveLength(3);
    for (const { url, headers } of cluster.server.requests) {
      expect(url.pathname).toBe("/api/v1/nodes");
      expect(url.searchParams.get("limit")).toBe("500");
      expect(url.searchParams.get("labelSelector")).toBe("a in (b,c)");
      expect(url.searchParams.get("fieldSelector")).toBe("d=e");
      expect(headers["authorization"]).toBe("Bearer secret");
    }
    expect(cluster.server.connections).toBe(1);
  });

  test("begins anew, at one go, where the server has forgotten the first pages", async () => {
    await using cluster = await wireCluster(({ url }, response) => {
      if (url.searchParams.has("continue"))
        return answerJson(response, 410, statusOf(410, "The provided continue parameter is too old"));
      return answerJson(response, 200, url.searchParams.has("limit") ? page(["n1"], "next") : page(["n1", "n2"]));
    });
    const found = await cluster.api.list(nodesResource, {}, signal);
    expect(found.map(({ metadata }) => metadata?.name)).toEqual(["n1", "n2"]);
    expect(cluster.server.requests).toHaveLength(3);
  });

  test("ends where the server gives a page that it gave before", async () => {
    await using cluster = await wireCluster((_request, response) => answerJson(response, 200, page(["n1"], "again")));
    await expect(cluster.api.list(nodesResource, {}, signal)).rejects.toMatchObject({
      status: 0,
      message: "the API server gives the same page again and again",
    });
    expect(cluster.server.requests).toHaveLength(2);
  });

  test.each([
    ["no JSON", "<html>", "the API server's answer is no JSON"],
    ["no list", '{"kind":"Node"}', "the API server's answer is no list of objects"],
    [
      "labels that are no text",
      '{"items":[{"metadata":{"labels":{"a":1}}}]}',
      "the API server's answer is no list of objects",
    ],
  ])("refuses an answer that is %s", async (_what, text, message) => {
    await using cluster = await wireCluster((_request, response) => response.end(text));
    await expect(cluster.api.list(nodesResource, {}, signal)).rejects.toMatchObject({ status: 0, message });
  });

  test("takes a list that the server wrote as null for empty", async () => {
    await using cluster = await wireCluster((_request, response) =>
      answerJson(response, 200, { metadata: {}, items: null }),
    );
    expect(await cluster.api.list(nodesResource, {}, signal)).toEqual([]);
  });
});

describe("writing", () => {
  test("names objects by group, version and namespace, and says what kind of patch it is", async () => {
    await using cluster = await wireCluster((_request, response) => answerJson(response, 200, node("x")));
    const { api } = cluster;
    await api.get(daemonSetsResource, { namespace: "a b", name: "broker" }, signal);
    await api.create(configMapsResource, "ns", { metadata: { name: "c" } }, signal);
    await api.update(configMapsResource, { metadata: { name: "c", namespace: "ns" }, data: {} }, signal);
    for (const type of ["strategic-merge", "merge", "json"] as const) {
      await api.patch(nodesResource, { name: "n1" }, { type, body: { type } }, signal);
    }
    expect(await api.remove(podsResource, { namespace: "ns", name: "p" }, signal)).toBe(true);
    expect(
      cluster.server.requests.map(({ method, url, headers, body }) => [
        method,
        url.pathname,
        headers["content-type"],
        body,
      ]),
    ).toEqual([
      ["GET", "/apis/apps/v1/namespaces/a%20b/daemonsets/broker", undefined, ""],
      ["POST", "/api/v1/namespaces/ns/configmaps", "application/json", '{"metadata":{"name":"c"}}'],
      [
        "PUT",
        "/api/v1/namespaces/ns/configmaps/c",
        "application/json",
        '{"metadata":{"name":"c","namespace":"ns"},"data":{}}',
      ],
      ["PATCH", "/api/v1/nodes/n1", "application/strategic-merge-patch+json", '{"type":"strategic-merge"}'],
      ["PATCH", "/api/v1/nodes/n1", "application/merge-patch+json", '{"type":"merge"}'],
      ["PATCH", "/api/v1/nodes/n1", "application/json-patch+json", '{"type":"json"}'],
      ["DELETE", "/api/v1/namespaces/ns/pods/p", undefined, ""],
    ]);
  });

  test.each([
    [409, statusOf(409, "the object has been modified"), "the object has been modified"],
    [422, statusOf(422, "missing path"), "missing path"],
    [403, "Forbidden by a proxy\n", "Forbidden by a proxy"],
    [500, "", "the server answered with status 500"],
  ])("hands on a %s with the server's words", async (status, body, message) => {
    await using cluster = await wireCluster((_request, response) => {
      response.writeHead(status);
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    });
    await expect(cluster.api.update(nodesResource, { metadata: { name: "n" } }, signal)).rejects.toMatchObject({
      name: "KubernetesError",
      status,
      message,
    });
    expect(cluster.server.requests).toHaveLength(1);
  });

  test("what is not there is undefined when read, and no error when removed", async () => {
    await using cluster = await wireCluster((_request, response) =>
      answerJson(response, 404, statusOf(404, "not found")),
    );
    expect(await cluster.api.get(nodesResource, { name: "n" }, signal)).toBeUndefined();
    expect(await cluster.api.remove(nodesResource, { name: "n" }, signal)).toBe(false);
    await expect(
      cluster.api.patch(nodesResource, { name: "n" }, { type: "merge", body: {} }, signal),
    ).rejects.toMatchObject({
      status: 404,
    });
  });
});

describe("a busy or broken server", () => {
  test.each([429, 503])("is given the rest that it asks for with %s", async (status) => {
    let count = 0;
    await using cluster = await wireCluster((_request, response) => {
      if (++count <= 2)
        return answerJson(response, status, statusOf(status, "too many requests"), { "retry-after": "3" });
      return answerJson(response, 201, node("n"));
    });
    await cluster.api.create(nodesResource, undefined, { metadata: { name: "n" } }, signal);
    expect(cluster.waits).toEqual([3000, 3000]);
    expect(cluster.lines).toEqual(
      Array.from({ length: 2 }, () => "POST /api/v1/nodes: too many requests; trying again in 3000 ms"),
    );
  });

  test("is not asked for ever", async () => {
    await using cluster = await wireCluster((_request, response) =>
      answerJson(response, 429, statusOf(429, "too many requests"), { "retry-after": "1" }),
    );
    await expect(cluster.api.get(nodesResource, { name: "n" }, signal)).rejects.toMatchObject({ status: 429 });
    expect(cluster.server.requests).toHaveLength(10);
  });

  test("that repeats the token it refuses has it told to nobody", async () => {
    await using cluster = await wireCluster(({ headers }, response) =>
      answerJson(response, 401, statusOf(401, `what is "${headers["authorization"]}"?`)),
    );
    await expect(cluster.api.get(nodesResource, { name: "n" }, signal)).rejects.toMatchObject({
      status: 401,
      message: 'what is "Bearer ***"?',
    });
  });

  test("whose connection breaks is asked again, but not to create", async () => {
    let count = 0;
    await using cluster = await wireCluster((_request, response) => {
      if (++count === 1) response.destroy();
      else answerJson(response, 200, node("n"));
    });
    expect(await cluster.api.get(nodesResource, { name: "n" }, signal)).toMatchObject({ metadata: { name: "n" } });
    count = 0;
    await expect(cluster.api.create(nodesResource, undefined, {}, signal)).rejects.toMatchObject({
      status: 0,
      message: expect.stringMatching(/^POST \/api\/v1\/nodes: /) as unknown,
    });
  });

  test("that does not answer is left after the deadline", async () => {
    await using cluster = await wireCluster(() => undefined, { deadlineMs: 50 });
    await expect(cluster.api.create(nodesResource, undefined, {}, signal)).rejects.toMatchObject({
      status: 0,
      message: "POST /api/v1/nodes: no answer within 50 ms",
    });
  });

  test("that stops in the middle of an answer is left after the deadline", async () => {
    await using cluster = await wireCluster((_request, response) => response.writeHead(200).write('{"items":['), {
      deadlineMs: 1000,
    });
    await expect(cluster.api.list(nodesResource, {}, signal)).rejects.toMatchObject({
      status: 0,
      message: "the API server's answer broke off: nothing came for 1000 ms",
    });
  });

  test("does not hold up who aborts", async () => {
    const stop = new AbortController();
    await using cluster = await wireCluster(() => stop.abort(new Error("enough")));
    await expect(cluster.api.get(nodesResource, { name: "n" }, stop.signal)).rejects.toThrow("enough");
  });

  test("that nobody listens for is named without the address's credentials", async () => {
    const cluster = await wireCluster(() => undefined);
    await cluster[Symbol.asyncDispose]();
    await expect(cluster.api.get(nodesResource, { name: "n" }, signal)).rejects.toMatchObject({
      status: 0,
      message: expect.stringMatching(/^GET \/api\/v1\/nodes\/n: connect ECONNREFUSED /) as unknown,
    });
  });
});

test("requests go out as fast as KUBE_QPS and KUBE_BURST allow, and no faster", async () => {
  const environment = { KUBE_QPS: "2", KUBE_BURST: "3" };
  await using cluster = await wireCluster((_request, response) => answerJson(response, 200, node("n")), {
    environment,
  });
  for (let count = 0; count < 5; count++) await cluster.api.get(nodesResource, { name: "n" }, signal);
  expect(cluster.waits).toEqual([500, 500]);
});
