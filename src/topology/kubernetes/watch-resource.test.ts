import { expect, test } from "vitest";
import type { ServerResponse } from "node:http";
import type { KubernetesChange } from "../kubernetes-api.ts";
import { nodesResource } from "../kubernetes-nodes.ts";
import { wireCluster } from "../../../test/kubernetes-wire-cluster.ts";
import { answerJson, statusOf, type WireAnswer } from "../../../test/kubernetes-wire-server.ts";

const object = (name: string, resourceVersion: string): unknown => ({
  kind: "Node",
  apiVersion: "v1",
  metadata: { name, resourceVersion, annotations: { note: "Größe 😀" } },
});
const event = (type: string, what: unknown): string => `${JSON.stringify({ type, object: what })}\n`;
const told = (change: KubernetesChange): string =>
  change.type === "LISTED" ? change.type : `${change.type} ${change.object.metadata?.name}`;

/** Watches until so many changes have come. */
async function changes(
  answer: WireAnswer,
  count: number,
): Promise<{ seen: string[]; lines: readonly string[]; waits: readonly number[] }> {
  await using cluster = await wireCluster(answer);
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const change of cluster.api.watch(nodesResource, { labelSelector: "gpu" }, stop.signal)) {
    seen.push(told(change));
    if (seen.length === count) stop.abort();
  }
  return { seen, lines: cluster.lines, waits: cluster.waits };
}

/** Answers each listing and each watch with the next of these. */
function inTurn(
  listings: readonly { readonly version: string; readonly items: readonly unknown[] }[],
  watches: readonly ((response: ServerResponse, version: string | null) => void)[],
): WireAnswer {
  let [listed, watched] = [0, 0];
  return ({ url }, response) => {
    if (url.searchParams.get("watch") === "true") {
      const watch = watches[watched++];
      if (watch !== undefined) watch(response, url.searchParams.get("resourceVersion"));
      else response.writeHead(200).flushHeaders();
      return;
    }
    const { version, items } = listings[Math.min(listed++, listings.length - 1)] ?? { version: "0", items: [] };
    answerJson(response, 200, { metadata: { resourceVersion: version }, items });
  };
}

test("tells what is there, that this was all, and then what changes, wherever the stream is cut", async () => {
  const text = [
    event("MODIFIED", object("n1", "11")),
    event("ADDED", object("n2", "12")),
    "\n",
    event("BOOKMARK", { kind: "Node", metadata: { resourceVersion: "20" } }),
    event("DELETED", object("n1", "21")),
  ].join("");
  const bytes = Buffer.from(text);
  const { seen } = await changes(
    inTurn(
      [{ version: "10", items: [object("n1", "9")] }],
      [
        (response, version) => {
          expect(version).toBe("10");
          response.writeHead(200);
          for (const byte of bytes) response.write(Buffer.from([byte]));
        },
      ],
    ),
    5,
  );
  expect(seen).toEqual(["ADDED n1", "LISTED", "MODIFIED n1", "ADDED n2", "DELETED n1"]);
});

test("goes on from the last version, bookmarks included, when the server ends the connection", async () => {
  const versions: (string | null)[] = [];
  const { seen, waits } = await changes(
    inTurn(
      [{ version: "10", items: [] }],
      [
        (response) => response.end(event("ADDED", object("n1", "12"))),
        (response, version) => {
          versions.push(version);
          response.end(event("BOOKMARK", { kind: "Node", metadata: { resourceVersion: "30" } }));
        },
        (response, version) => {
          versions.push(version);
          response.write(event("MODIFIED", object("n1", "31")));
        },
      ],
    ),
    3,
  );
  expect(seen).toEqual(["LISTED", "ADDED n1", "MODIFIED n1"]);
  expect(versions).toEqual(["12", "30"]);
  expect(waits).toEqual([]);
});

test.each([
  [
    "an event",
    (response: ServerResponse): void => void response.end(event("ERROR", statusOf(410, "too old resource version"))),
  ],
  ["a status", (response: ServerResponse): void => answerJson(response, 410, statusOf(410, "too old"))],
])("lists again where the server has forgotten, as %s says, and tells the difference", async (_how, forgotten) => {
  const { seen } = await changes(
    inTurn(
      [
        { version: "10", items: [object("kept", "1"), object("changed", "2"), object("gone", "3")] },
        { version: "50", items: [object("kept", "1"), object("changed", "40"), object("new", "41")] },
      ],
      [
        forgotten,
        (response, version) => {
          expect(version).toBe("50");
          response.write(event("DELETED", object("new", "51")));
        },
      ],
    ),
    9,
  );
  expect(seen).toEqual([
    "ADDED kept",
    "ADDED changed",
    "ADDED gone",
    "LISTED",
    "MODIFIED changed",
    "ADDED new",
    "DELETED gone",
    "LISTED",
    "DELETED new",
  ]);
});

test("waits longer and longer where the watch fails, without telling anything twice", async () => {
  const { seen, waits, lines } = await changes(
    inTurn(
      [{ version: "10", items: [object("n1", "1")] }],
      [
        (response) => answerJson(response, 500, statusOf(500, "no luck")),
        (response) => response.end("no JSON\n"),
        (response) => response.end('{"type":"ADDED"}\n'),
        (response) => response.write(event("DELETED", object("n1", "12"))),
      ],
    ),
    3,
  );
  expect(seen).toEqual(["ADDED n1", "LISTED", "DELETED n1"]);
  expect(waits).toEqual([1000, 2000, 4000]);
  expect(lines[0]).toBe("watch of nodes broke off: no luck; trying again in 1000 ms");
});

test("throws what the first listing throws", async () => {
  await expect(
    changes((_request, response) => answerJson(response, 403, statusOf(403, "forbidden")), 1),
  ).rejects.toMatchObject({ status: 403, message: "forbidden" });
});

test("asks for bookmarks, by the same selection as it lists", async () => {
  const asked: (string | null)[] = [];
  await changes((request, response) => {
    asked.push(request.url.searchParams.get("labelSelector"), request.url.searchParams.get("allowWatchBookmarks"));
    inTurn([{ version: "1", items: [] }], [(watched) => watched.write(event("ADDED", object("n1", "2")))])(
      request,
      response,
    );
  }, 2);
  expect(asked).toEqual(["gpu", null, "gpu", "true"]);
});

test("ends with its signal, also while nothing comes", async () => {
  const stop = new AbortController();
  await using cluster = await wireCluster(inTurn([{ version: "1", items: [] }], []));
  const seen: string[] = [];
  for await (const change of cluster.api.watch(nodesResource, { labelSelector: "gpu" }, stop.signal)) {
    seen.push(told(change));
    setImmediate(() => stop.abort());
  }
  expect(seen).toEqual(["LISTED"]);
});
