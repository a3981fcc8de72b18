import { chmod, mkdtemp, rm, stat } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fakeGateway } from "../../test/fake-gateway.ts";
import { servedGateway } from "../../test/served-gateway.ts";
import { readEvents } from "../client/read-events.ts";
import { exampleJobId } from "./contract/job-operations.ts";
import { listen, parseListen } from "./listen.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gateway-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("a port", () => {
  test("that is in use is said to be so", async () => {
    await using gateway = await servedGateway();
    const port = Number(new URL(gateway.url).port);
    await expect(listen(gateway.app, { host: "127.0.0.1", port, noAuth: false })).rejects.toMatchObject({
      code: "PORT_BUSY",
    });
  });

  test.each(["0.0.0.0", "::", "10.0.0.1", "localhost.example"])("without tokens is refused on %s", async (host) => {
    const { app } = fakeGateway();
    await expect(listen(app, { host, port: 0, noAuth: true })).rejects.toMatchObject({
      code: "INPUT_INVALID",
      details: { field: "--no-auth" },
    });
  });

  test.each([
    ["127.0.0.1:7373", "127.0.0.1", 7373],
    [":0", "127.0.0.1", 0],
    ["8080", "127.0.0.1", 8080],
    ["[::1]:1", "::1", 1],
    ["login.example:443", "login.example", 443],
  ])("is read from %s", (text, host, port) => {
    expect(parseListen(text)).toEqual({ host, port });
  });

  test.each(["", "x", "1:2:3", "127.0.0.1:70000", "127.0.0.1:"])("is not read from %j", (text) => {
    expect(() => parseListen(text)).toThrow(/--listen takes HOST:PORT/);
  });

  test("answers what is no HTTP, and headers without end, with 4xx, and goes on", async () => {
    await using gateway = await servedGateway();
    const port = Number(new URL(gateway.url).port);
    const say = (text: string): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect(port, "127.0.0.1", () => socket.write(text));
        let heard = "";
        socket.setEncoding("latin1").on("data", (chunk: string) => (heard += chunk));
        socket.on("error", () => {});
        socket.on("close", () => resolve(heard));
      });
    expect(await say("nonsense\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
    expect(await say(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(100_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 /,
    );
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  });
});

describe("a unix socket", () => {
  const ask = (socketPath: string, path: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      httpRequest({ socketPath, path }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .once("error", reject)
        .end();
    });

  test("asks for no token, and its folder and mode keep others out", async () => {
    const path = join(folder, "gateway.sock");
    await using gateway = await servedGateway({}, path);
    expect(gateway.url).toBe(`unix:${path}`);
    expect(await ask(path, "/v1/jobs")).toBe(200);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await expect(listen(gateway.app, { socket: path })).rejects.toMatchObject({ code: "PORT_BUSY" });
  });

  test("in a folder that others can enter is refused", async () => {
    await chmod(folder, 0o755);
    await expect(listen(fakeGateway().app, { socket: join(folder, "s") })).rejects.toThrow(
      /others can enter its folder/,
    );
  });

  test("that a dead gateway left behind is taken over", async () => {
    const path = join(folder, "s");
    const { app } = fakeGateway();
    await (await listen(app, { socket: path })).close(0);
    const door = await listen(app, { socket: path });
    expect(await ask(path, "/v1/jobs")).toBe(200);
    await door.close(0);
  });
});

describe("streams", () => {
  const open = async (
    gateway: Awaited<ReturnType<typeof servedGateway>>,
    path: string,
    signal?: AbortSignal,
  ): Promise<Response> =>
    fetch(`${gateway.url}${path}`, {
      headers: { authorization: `Bearer ${gateway.token("operator")}` },
      ...(signal !== undefined && { signal }),
    });
  const streams = (gateway: Awaited<ReturnType<typeof servedGateway>>): string | undefined =>
    /sluice_http_streams (\d+)/.exec(
      gateway.deps.metrics.write({ version: "1", storeAnswers: true, clusters: [] }),
    )?.[1];

  test("events arrive as they happen, with their numbers", async () => {
    await using gateway = await servedGateway();
    const response = await open(gateway, "/v1/events");
    const events = readEvents(response.body ?? fail());
    // Where the stream begins, before anything has happened: an event source that is cut off here comes back with it.
    expect((await events.next()).value).toEqual({ event: "message", id: "0" });
    expect(streams(gateway)).toBe("1");
    gateway.service.tell(exampleJobId);
    expect((await events.next()).value).toMatchObject({ id: "1", event: "state" });
    gateway.service.tell(exampleJobId);
    expect((await events.next()).value).toMatchObject({ id: "2" });
    await events.return(undefined);
    await expect.poll(() => streams(gateway)).toBe("0");
  });

  test("a silent stream shows that it lives", async () => {
    await using gateway = await servedGateway({ heartbeatMs: 5 });
    const response = await open(gateway, "/v1/events");
    let text = "";
    for await (const bytes of response.body ?? fail()) {
      text += Buffer.from(bytes).toString();
      if (text.includes(": alive\n\n: alive\n\n")) break;
    }
    expect(text).toMatch(/^: open\nid: 0\n\n/);
  });

  test("who missed events is told so, and from where it goes on", async () => {
    await using gateway = await servedGateway();
    for (let i = 0; i < 5; i += 1) gateway.service.tell(exampleJobId);
    gateway.service.oldest = 4;
    const response = await open(gateway, "/v1/events?after=1");
    const events = readEvents(response.body ?? fail());
    expect((await events.next()).value).toEqual({ event: "message", id: "1" });
    expect((await events.next()).value).toEqual({ event: "missed", id: "3", data: '{"seq":3}' });
    expect((await events.next()).value).toMatchObject({ id: "4" });
    await events.return(undefined);
  });

  test("a reader that does not read costs no memory, and hinders nobody", async () => {
    await using gateway = await servedGateway();
    let made = 0;
    gateway.service.output = async function* (_id, _request, _caller, signal) {
      const bytes = Buffer.alloc(64 * 1024);
      for (; made < 20_000 && !signal.aborted; made += 1) yield { offset: made * bytes.length, bytes };
    };
    const response = await open(gateway, `/v1/jobs/${exampleJobId}/output?follow`);
    let before = -1;
    await expect
      .poll(() => [before, (before = made)], { interval: 100, timeout: 10_000 })
      .toSatisfy(([earlier, later]: readonly number[]) => earlier === later && later !== undefined && later > 0);
    expect(made).toBeLessThan(500);
    expect((await open(gateway, "/v1/jobs")).status).toBe(200);
    await response.body?.cancel();
    await expect.poll(() => streams(gateway)).toBe("0");
  });

  test("output can be followed as plain bytes, from an offset on", async () => {
    await using gateway = await servedGateway();
    gateway.service.pieces = [
      { offset: 0, bytes: Buffer.from([0xff, 0x00]) },
      { offset: 2, bytes: Buffer.from("more") },
    ];
    const response = await open(gateway, `/v1/jobs/${exampleJobId}/output?follow=true&offset=2`);
    expect(response.headers.get("sluice-offset")).toBe("2");
    expect(Buffer.from(await response.arrayBuffer()).toString()).toBe("more");
    const whole = await open(gateway, `/v1/jobs/${exampleJobId}/output`);
    expect(Buffer.from(await whole.arrayBuffer())).toEqual(Buffer.from([0xff, 0x00, ...Buffer.from("more")]));
    expect((await open(gateway, `/v1/jobs/nobody/output?follow`)).status).toBe(404);
  });

  test("closing ends the streams well, and lets requests under way end", async () => {
    const gateway = await servedGateway();
    const response = await open(gateway, "/v1/events");
    const entered = signalled();
    const release = signalled();
    gateway.service.clusters = async () => {
      entered.resolve();
      await release.promise;
      return [];
    };
    const slow = open(gateway, "/v1/clusters");
    await entered.promise;
    const closed = gateway[Symbol.asyncDispose]();
    expect(await response.text()).toBe(": open\nid: 0\n\n");
    release.resolve();
    expect((await slow).status).toBe(200);
    await closed;
    await expect(fetch(gateway.url)).rejects.toThrow(/fetch failed/);
  });

  test("closing does not wait for who has connected and says nothing", async () => {
    const { app } = fakeGateway();
    const door = await listen(app, { host: "127.0.0.1", port: 0, noAuth: false });
    const socket = connect(Number(new URL(door.url).port), "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    expect((await fetch(`${door.url}/healthz`)).status).toBe(200);
    const ended = new Promise((resolve) => socket.on("error", () => {}).once("close", resolve));
    await door.close(600_000);
    await ended;
  });

  test("closing does not wait for ever", async () => {
    const gateway = await servedGateway();
    const entered = signalled();
    gateway.service.clusters = () => {
      entered.resolve();
      return new Promise(() => {});
    };
    const stuck = open(gateway, "/v1/clusters").catch(() => "cut");
    await entered.promise;
    await gateway[Symbol.asyncDispose]();
    expect(await stuck).toBe("cut");
  });
});

/** A promise, and what resolves it. */
function signalled(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve: () => resolve() };
}

function fail(): never {
  throw new Error("the answer has no body");
}
