import { spawn, type ChildProcessByStdio } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { systemClock } from "../src/jobs/clock.ts";
import { eventsSince, until } from "../src/jobs/store-fixture.contract.ts";
import type { JobStore } from "../src/jobs/store.ts";
import type { StoredEvent } from "../src/schema/stored-event.ts";
import { openStore } from "../src/store/registry.ts";
import { randomOf } from "./crash/random.ts";

type Writer = ChildProcessByStdio<Writable, Readable, null>;

const program = fileURLToPath(new URL("store-writer.ts", import.meta.url));

/** The longest life of a writer after it began, in milliseconds: some 20 rounds of its loop. */
const longestLifeMs = 120;

/**
 * Kills a writer so many times, each at a random moment, and after each death holds the store against what it promised:
 * what was answered is there and whole, and the events tell all that is there without a gap. Gives how many jobs were
 * answered in all, one for every second writer at least; a failure says the seed of the moments.
 */
export async function killWriters(url: string, rounds: number, seed = randomInt(2 ** 31)): Promise<number> {
  try {
    return await killAndLook(url, rounds, randomOf(seed));
  } catch (error) {
    throw new Error(`with seed ${seed}: ${String(error)}`, { cause: error });
  }
}

async function killAndLook(url: string, rounds: number, random: () => number): Promise<number> {
  const answered: string[] = [];
  let seen = 0;
  let next = startWriter(url);
  for (let round = 0; round < rounds; round++) {
    const writer = next;
    let printed = "";
    writer.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    await until(() => printed.startsWith("ready\n"));
    writer.stdin.write("begin\n");
    // Some die before the store is open, the first of them while it makes the tables; every other one as it writes.
    if (round % 2 === 1) await until(() => printed.split("\n").length > 2);
    await new Promise((resolve) => setTimeout(resolve, random() * longestLifeMs));
    const ended = once(writer, "close");
    next = startWriter(url);
    writer.kill("SIGKILL");
    await ended;

    await using store = await openStore({ url, clock: systemClock });
    const ids = printed.split("\n").slice(1, -1);
    expect((await store.getAll(ids)).map(({ id }) => id)).toEqual(ids);
    answered.push(...ids);
    const events = await eventsSince(store, seen);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => seen + 1 + index));
    seen += events.length;
    await expectWhole(store, events);
    await store.releaseLease((await store.leases())[0] ?? { cluster: "alpha", token: 0 });
  }
  next.kill("SIGKILL");
  await using store = await openStore({ url, clock: systemClock });
  const counts = Object.values(await store.count({})).reduce((sum, jobs) => sum + jobs, 0);
  const accepted = (await eventsSince(store)).filter(({ type }) => type === "accepted").length;
  expect(counts).toBe(accepted);
  expect(counts).toBeGreaterThanOrEqual(answered.length);
  return answered.length;
}

/** Says `ready`, and writes from its first line of input on until it is killed. */
export function startWriter(url: string): Writer {
  const writer = spawn(process.execPath, [program, url], { stdio: ["pipe", "pipe", "inherit"] });
  writer.stdin.on("error", () => {});
  return writer;
}

/** Every job that these events speak of is as they say, with its script, labels and tasks. */
async function expectWhole(store: JobStore, events: readonly StoredEvent[]): Promise<void> {
  const told = new Map<string, StoredEvent[]>();
  for (const event of events) told.set(event.jobId, [...(told.get(event.jobId) ?? []), event]);
  const jobs = await store.getAll([...told.keys()]);
  expect(jobs).toHaveLength(told.size);
  for (const job of jobs) {
    const own = told.get(job.id) ?? [];
    expect(own[0]).toMatchObject({ type: "accepted", seq: job.position });
    const states = own.flatMap((event) => (event.type === "state" ? [event.data.state] : []));
    expect(job.state).toBe(states.at(-1) ?? "accepted");
    expect(job.nativeId !== undefined).toBe(own.some(({ type }) => type === "submitted"));
    expect(await store.submissionOf(job.id)).toBeDefined();
    expect(await store.tasksOf(job.id)).toHaveLength(own.filter(({ type }) => type === "task").length);
    const { jobs: labelled } = await store.list({ labels: job.labels, owner: job.owner, limit: 1_000 });
    expect(labelled.some(({ id }) => id === job.id)).toBe(true);
  }
}
