import { spawn } from "node:child_process";
import { chmod, chown, lstat, mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fakeGateway } from "../../test/fake-gateway.ts";
import type { Caller } from "../jobs/job-service.ts";
import { doorLimits, type OpenDoor } from "./listen.ts";
import { listenShared } from "./shared-socket.ts";

let folder: string;
let path: string;
let door: OpenDoor;
let asked: number[];
const people = new Map<number, Caller>([
  [userInfo().uid, { subject: "me", role: "user" }],
  [65534, { subject: "nobody", role: "user" }],
  [1, { subject: "daemon", role: "operator" }],
]);
/** Only root can start a process as somebody else. */
const others =
  process.geteuid?.() === 0
    ? ([
        [65534, 1, ["nobody"]],
        [1, 2, ["nobody", "daemon"]],
      ] as const)
    : [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "shared-"));
  await chmod(folder, 0o755);
  path = join(folder, "socket");
  asked = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function open(gateway = fakeGateway()): Promise<AsyncDisposable & { readonly gateway: typeof gateway }> {
  door = await listenShared(
    gateway.app,
    {
      sharedSocket: path,
      callerOf: async (uid) => {
        asked.push(uid);
        return people.get(uid);
      },
    },
    doorLimits,
  );
  return {
    gateway,
    async [Symbol.asyncDispose]() {
      gateway.closing.abort();
      await door.close(1_000);
    },
  };
}

/** Asks from a process of that user. */
function askAs(uid: number, ...args: readonly string[]): Promise<{ readonly status: number; readonly text: string }> {
  const script = `const [path, method, body] = process.argv.slice(1);
const headers = body === undefined ? {} : { "content-type": "application/json" };
const query = require("node:http").request({ socketPath: ${JSON.stringify(path)}, path, method, headers }, (answer) => {
  let text = "";
  answer.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  answer.on("end", () => console.log(JSON.stringify({ status: answer.statusCode, text })));
});
query.on("error", () => console.log(JSON.stringify({ status: 0, text: "" })));
query.end(body);`;
  return new Promise((resolve, reject) => {
    const child = spawn("/usr/bin/env", ["-C", "/", process.execPath, "-e", script, ...args], {
      uid,
      gid: uid,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    child.once("error", reject);
    child.once("close", () => resolve(JSON.parse(said)));
  });
}

function ask(method: string, at: string, body?: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const query = request({ socketPath: path, path: at, method, headers }, (answer) => {
      answer.resume().on("end", () => resolve(answer.statusCode ?? 0));
    });
    query.on("error", reject);
    query.end(body);
  });
}

describe("a socket that every user may open", () => {
  test("asks for no token: the kernel says who comes, and large bodies come whole", async () => {
    await using opened = await open();
    expect((await lstat(path)).mode & 0o777).toBe(0o666);
    const script = `#!/bin/sh\n${"# x\n".repeat(200_000)}true\n`;
    expect(await ask("POST", "/v1/jobs", JSON.stringify({ script }))).toBe(201);
    expect(await ask("GET", "/v1/jobs")).toBe(200);
    expect(new Set(asked)).toEqual(new Set([userInfo().uid]));
    expect((await opened.gateway.service.list({ limit: 10 }, { subject: "me", role: "user" })).jobs).toHaveLength(1);
  });

  test.each(others)("takes uid %i for who it is, whatever it says of itself", async (uid) => {
    await using _opened = await open();
    const body = JSON.stringify({ command: ["true"] });
    const answer = await askAs(uid, "/v1/jobs", "POST", body);
    expect(answer.status).toBe(201);
    expect(JSON.parse(answer.text)).toMatchObject({ owner: people.get(uid)?.subject });
    expect(asked).toEqual([uid]);
  });

  test("turns away a uid that is nobody's, and one whose asking fails", async () => {
    people.delete(userInfo().uid);
    try {
      await using _opened = await open();
      await expect(ask("GET", "/healthz")).rejects.toThrow(/socket hang up|ECONNRESET|EPIPE/);
    } finally {
      people.set(userInfo().uid, { subject: "me", role: "user" });
    }
  });

  test("serves many at once, among them some that say nothing and some that go at once", async () => {
    await using _opened = await open();
    const silent = Array.from({ length: 20 }, () => connect(path).on("error", () => {}));
    const gone = Array.from({ length: 20 }, () => connect(path).on("error", () => {}));
    for (const socket of gone) socket.destroy();
    const statuses = await Promise.all(Array.from({ length: 20 }, () => ask("GET", "/v1/clusters")));
    expect(new Set(statuses)).toEqual(new Set([200]));
    for (const socket of silent) socket.destroy();
  });

  test("is closed with its streams cut off, and can be opened again", async () => {
    {
      await using _opened = await open();
      connect(path).on("error", () => {});
      await expect.poll(() => asked.length).toBe(1);
    }
    await expect(ask("GET", "/healthz")).rejects.toThrow(/ENOENT|ECONNREFUSED/);
    await using _again = await open();
    expect(await ask("GET", "/healthz")).toBe(200);
    await expect(open()).rejects.toMatchObject({ code: "PORT_BUSY" });
  });

  test.each([0o777, 0o775, 0o1777])(
    "lies in no folder of mode %o, where another could take its place",
    async (mode) => {
      await chmod(folder, mode);
      await expect(open()).rejects.toMatchObject({ code: "INPUT_INVALID" });
    },
  );

  test("lies in no folder of another user, and replaces no file but a socket that is dead", async () => {
    await expect(
      listenShared(fakeGateway().app, { sharedSocket: "/nowhere/at/all", callerOf: async () => undefined }, doorLimits),
    ).rejects.toMatchObject({ code: "INPUT_INVALID" });
    await writeFile(path, "");
    await using _opened = await open();
    expect((await lstat(path)).isSocket()).toBe(true);
    for (const [uid] of others) {
      await chown(folder, uid, uid);
      await expect(open()).rejects.toMatchObject({ code: "INPUT_INVALID" });
    }
  });
});
