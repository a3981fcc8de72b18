import { expect, test, vi } from "vitest";
import { MockBackend } from "../testing/mock-backend.ts";
import { createClient } from "../client/client.ts";
import { SluiceError } from "../errors.ts";
import { ClientBackend, type OpenedClient } from "./client-backend.ts";

const script = "#!/bin/sh\nhostname\n";

/** A client that asks a mock, and notes when it is opened and closed. */
function overMock(mock = new MockBackend()) {
  const log: string[] = [];
  const open = async (): Promise<OpenedClient> => {
    log.push("open");
    const client = { ...createClient({ url: "http://nowhere", attempts: 1 }), ...bound(mock) };
    return {
      client,
      cluster: "mock",
      hasDependencies: true,
      startIn: "/work",
      [Symbol.asyncDispose]: async () => void log.push("close"),
    };
  };
  return { log, open, mock };
}

function bound(mock: MockBackend): Pick<MockBackend, "submit" | "job" | "wait" | "events"> {
  return {
    submit: (body, options) => mock.submit(body, options),
    job: (id, options) => mock.job(id, options),
    wait: (id, options) => mock.wait(id, options),
    events: (query, options) => mock.events(query, options),
  };
}

test("nothing is opened before something is asked, and all is opened once", async () => {
  const { log, open } = overMock();
  await using backend = new ClientBackend({ description: "a mock", open });
  expect(log).toEqual([]);
  await Promise.all([backend.clusterName(), backend.submit({ script }), backend.hasDependencies()]);
  expect(log).toEqual(["open"]);
});

test("jobs start where the program runs, unless they say otherwise", async () => {
  const { mock, open } = overMock();
  const submit = vi.spyOn(mock, "submit");
  await using backend = new ClientBackend({ description: "a mock", open });
  await backend.submit({ script });
  await backend.submit({ script, cwd: "/data" });
  expect(submit.mock.calls.map(([body]) => [body.cluster, body.cwd])).toEqual([
    ["mock", "/work"],
    ["mock", "/data"],
  ]);
});

test("what is idle is closed, and opened again when it is needed", async () => {
  const { log, open } = overMock();
  await using backend = new ClientBackend({ description: "a mock", open, idleMs: 20 });
  const { id } = await backend.submit({ script });
  await expect.poll(() => log, { timeout: 10_000 }).toEqual(["open", "close"]);
  expect((await backend.job(id)).id).toBe(id);
  expect(log).toEqual(["open", "close", "open"]);
});

test("what somebody waits for is not idle, however long that is", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const { log, open } = overMock(new MockBackend({ outcomes: [{ ends: "never" }] }));
    await using backend = new ClientBackend({ description: "a mock", open, idleMs: 1_000 });
    const { id } = await backend.submit({ script });
    const stop = new AbortController();
    const waiting = backend.wait(id, { signal: stop.signal }).catch(() => "stopped");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(log).toEqual(["open"]);
    stop.abort();
    await waiting;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(log).toEqual(["open", "close"]);
  } finally {
    vi.useRealTimers();
  }
});

test("who waits when it is closed is told so, and nobody can ask any more", async () => {
  const { log, open } = overMock(new MockBackend({ outcomes: [{ ends: "never" }] }));
  const backend = new ClientBackend({ description: "a mock", open });
  const { id } = await backend.submit({ script });
  const waiting = backend.wait(id).then(
    () => "ended",
    (error: unknown) => error,
  );
  await backend[Symbol.asyncDispose]();
  expect(await waiting).toMatchObject({ code: "CANCELLED", message: "a mock has been closed here; jobs go on" });
  await expect(backend.job(id)).rejects.toMatchObject({ code: "CANCELLED" });
  expect(log).toEqual(["open", "close"]);
});

test("one that could not be opened is tried again", async () => {
  const { log, open } = overMock();
  const failing = vi
    .fn<typeof open>(open)
    .mockRejectedValueOnce(new SluiceError("CLUSTER_NOT_RUNNING", "it is stopped"));
  await using backend = new ClientBackend({ description: "a mock", open: failing });
  await expect(backend.clusterName()).rejects.toMatchObject({ code: "CLUSTER_NOT_RUNNING" });
  expect(await backend.clusterName()).toBe("mock");
  expect(log).toEqual(["open"]);
});
