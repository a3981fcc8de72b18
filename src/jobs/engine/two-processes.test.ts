import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { StoredEvent } from "../../schema/stored-event.ts";
import { openStore } from "../../store/registry.ts";
import { systemClock } from "../clock.ts";
import type { Caller, Engine } from "../job-service.ts";
import type { JobStore } from "../store.ts";
import { createEngine } from "./engine.ts";
import { MadeUpHost, Mortal } from "./mortal.contract.ts";

const ada: Caller = { subject: "ada", role: "user" };
const bob: Caller = { subject: "bob", role: "user" };
const patience = { timeout: 10_000, interval: 10 } as const;

let folder: string;
let store: JobStore;
let host: MadeUpHost;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "two-"));
  store = await openStore({ url: join(folder, "jobs.db"), clock: systemClock });
  host = new MadeUpHost(true);
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function open(process = new Mortal(Infinity), budget = { burst: Infinity, perSecond: Infinity }): Engine {
  return createEngine({
    store: process.watch(store),
    clock: process.clock(),
    holder: crypto.randomUUID(),
    leaseMs: 100,
    directory: {
      list: async () => [{ name: "made-up", kind: "made-up", identity: "1", budget }],
      open: async () => host.seenBy(process, true),
      defaultName: async () => "made-up",
    },
  });
}

async function submit(engine: Engine, count: number, caller = ada): Promise<readonly string[]> {
  const answers = await engine.submit(
    Array.from({ length: count }, () => ({ command: ["true"] })),
    caller,
  );
  return answers.map((answer) => ("job" in answer ? (answer.job?.id ?? "") : ""));
}

const states = async (ids: readonly string[]): Promise<readonly string[]> => [
  ...new Set((await store.getAll(ids)).map(({ state }) => state)),
];

test("of two processes one dispatches what either has accepted, and when it dies the other goes on", async () => {
  const mortal = new Mortal(Infinity);
  const first = open(mortal);
  await using second = open();
  first.start();
  second.start();
  const ids = [...(await submit(first, 20)), ...(await submit(second, 20))];
  await expect.poll(() => states(ids), patience).toEqual(["pending"]);
  mortal.kill();
  const later = await submit(second, 20);
  await expect.poll(() => states(later), patience).toEqual(["pending"]);
  expect(host.taken.toSorted()).toEqual([...ids, ...later].toSorted());
});

test("owners take turns, however many jobs the first has brought", async () => {
  const engine = open();
  await submit(engine, 100, ada);
  const late = await submit(engine, 3, bob);
  engine.start();
  await expect.poll(() => states(late), patience).toEqual(["pending"]);
  await expect.poll(() => host.taken.length, patience).toBe(103);
  await engine[Symbol.asyncDispose]();
  for (const id of late) expect(host.taken.indexOf(id)).toBeLessThan(30);
});

test("a cluster is asked no more often than its budget says", async () => {
  await using engine = open(new Mortal(Infinity), { burst: 5, perSecond: 10 });
  const ids = await submit(engine, 15);
  const began = Date.now();
  engine.start();
  await expect.poll(() => states(ids), patience).toEqual(["pending"]);
  // Five at once, ten more at ten a second; looks at the queue come on top.
  expect(Date.now() - began).toBeGreaterThan(900);
});

test("a job whose end was asked for before it was submitted never gets to its cluster", async () => {
  const engine = open();
  const [id = ""] = await submit(engine, 1);
  expect((await engine.act(id, "cancel", ada, AbortSignal.timeout(1000))).state).toBe("cancelled");
  engine.start();
  const [other = ""] = await submit(engine, 1);
  await expect.poll(() => states([other]), patience).toEqual(["pending"]);
  expect(host.taken).toEqual([other]);
  await engine[Symbol.asyncDispose]();
});

test("events are followed from any number on, by many, each once and in order", async () => {
  await using engine = open();
  engine.start();
  const stop = new AbortController();
  const follow = async (after: number): Promise<readonly StoredEvent[]> => {
    const seen: StoredEvent[] = [];
    for await (const event of engine.events(after, {}, ada, stop.signal)) {
      if ("type" in event) seen.push(event);
      if (seen.filter(({ type }) => type === "submitted").length === 12) break;
    }
    return seen;
  };
  const before = await submit(engine, 6);
  await expect.poll(() => states(before), patience).toEqual(["pending"]);
  const followers = Array.from({ length: 20 }, () => follow(0));
  await submit(engine, 6);
  for (const seen of await Promise.all(followers)) {
    expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, at) => at + 1));
  }
  await submit(engine, 1, bob);
  const own: string[] = [];
  for await (const event of engine.events(0, { types: ["accepted"] }, bob, stop.signal)) {
    if ("type" in event) own.push(event.owner);
    break;
  }
  expect(own).toEqual(["bob"]);
});

test("an engine that is closed leaves no loop behind, and its lease to the next at once", async () => {
  const engine = open();
  engine.start();
  const [id = ""] = await submit(engine, 1);
  await expect.poll(() => states([id]), patience).toEqual(["pending"]);
  await engine[Symbol.asyncDispose]();
  expect(await store.leases()).toEqual([]);
});
