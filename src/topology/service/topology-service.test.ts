import { describe, expect, test } from "vitest";
import type { Clock } from "../../jobs/clock.ts";
import { readRequest } from "../request/read-request.ts";
import type { TopologyRequest } from "../request/topology-request.ts";
import { TopologyError } from "../topology-error.ts";
import type { TopologyStore } from "../topology-store.ts";
import { createMemoryTopologyStore } from "./memory-topology-store.ts";
import { TopologyService, type TopologyServiceDeps } from "./topology-service.ts";

/** Time that passes when a test says so. */
class HandClock implements Clock {
  #now = 1_000_000;
  readonly #sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();

  now(): number {
    return this.#now;
  }

  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper = { until: this.#now + milliseconds, wake };
      this.#sleepers.add(sleeper);
      signal.addEventListener("abort", wake, { once: true });
    });
  }

  /** Lets time pass, and all that follows from it happen. */
  async pass(milliseconds: number): Promise<void> {
    await settle();
    this.#now += milliseconds;
    for (const { until, wake } of this.#sleepers) if (until <= this.#now) wake();
    await settle();
  }
}

/** Nothing here waits for anything but promises, so a few turns of the event loop are enough for all that follows. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

interface Bench extends AsyncDisposable {
  readonly clock: HandClock;
  readonly service: TopologyService;
  readonly store: TopologyStore;
  readonly measured: string[];
  readonly ran: TopologyRequest[];
}

async function bench(more: Partial<TopologyServiceDeps> = {}): Promise<Bench> {
  const clock = new HandClock();
  const store = more.store ?? createMemoryTopologyStore();
  const [measured, ran]: [string[], TopologyRequest[]] = [[], []];
  const { run = async (asked: TopologyRequest) => ({ body: nodeNames(asked) }), ...rest } = more;
  const service = await TopologyService.open({
    clock,
    store,
    log: () => {},
    delayMs: 100,
    attemptMs: 60_000,
    holder: "me",
    isDead: () => false,
    answersOnly: () => false,
    measure: (_request, status, seconds) => measured.push(`${status} ${seconds}`),
    run: (asked, signal) => {
      ran.push(asked);
      return run(asked, signal);
    },
    ...rest,
  });
  return { clock, store, service, measured, ran, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
}

function request(testcase: string, ...nodes: readonly string[]): TopologyRequest {
  const instances = Object.fromEntries(nodes.map((node) => [node, node]));
  const provider = { name: "test", params: { testcaseName: testcase } };
  return readRequest(
    Buffer.from(JSON.stringify({ provider, engine: { name: "slurm" }, nodes: [{ region: "r", instances }] })),
  );
}

/** Sends a request, and lets the delay pass. */
async function submitAndPass(it: Bench, ...nodes: readonly string[]): Promise<{ id: string; number: number }> {
  const sent = await it.service.submit(request("a", ...nodes));
  await it.clock.pass(100);
  return sent;
}

function nodeNames({ nodes = [] }: TopologyRequest): string {
  return nodes.flatMap(({ instances }) => [...instances.values()]).join(",");
}

describe("under its id", () => {
  test("a request is under way until none has come for the delay, then answered", async () => {
    await using it = await bench();
    const { id, number } = await it.service.submit(request("a", "n1"));
    expect(number).toBe(1);
    expect(it.service.result(id)).toEqual({ status: 202, body: `request ID ${id} has been created` });
    await it.clock.pass(99);
    expect(it.service.result(id).status).toBe(202);
    await it.clock.pass(1);
    expect(it.service.result(id)).toEqual({ status: 200, body: "n1" });
    expect(it.measured).toEqual(["200 0"]);
  });

  test("one that comes again starts the wait anew, however often, and only the last is run", async () => {
    await using it = await bench();
    const { id } = await it.service.submit(request("a", "n1"));
    for (let round = 0; round < 5; round++) {
      await it.clock.pass(90);
      expect((await it.service.submit(request("a", `n${round + 2}`))).id).toBe(id);
    }
    expect(it.ran).toEqual([]);
    await it.clock.pass(100);
    expect(it.service.result(id)).toEqual({ status: 200, body: "n6" });
    expect(it.ran).toHaveLength(1);
    await it.clock.pass(10_000);
    expect(it.ran).toHaveLength(1);
  });

  test("the answer of a run is dropped where the id was asked for again meanwhile", async () => {
    const first = gate();
    await using it = await bench({
      run: async (asked) => {
        if (nodeNames(asked) === "n1") await first.opened;
        return { body: nodeNames(asked) };
      },
    });
    const { id } = await it.service.submit(request("a", "n1"));
    await it.clock.pass(100);
    await it.service.submit(request("a", "n2"));
    first.open();
    await it.clock.pass(0);
    expect(it.service.result(id).status).toBe(202);
    expect(await it.store.answer(1)).toEqual({ status: 200, body: "n1" });
    await it.clock.pass(100);
    expect(it.service.result(id)).toEqual({ status: 200, body: "n2" });
  });

  test("the hundred ids that were asked for last are remembered, those that wait among them", async () => {
    await using it = await bench({ delayMs: 1_000_000 });
    const ids: string[] = [];
    for (let count = 0; count < 100; count++) ids.push((await it.service.submit(request(`t${count}`))).id);
    expect(it.service.result(ids[0] ?? "").status).toBe(202);
    await it.service.submit(request("one more"));
    expect(it.service.result(ids[0] ?? "").status).toBe(202);
    expect(it.service.result(ids[1] ?? "")).toEqual({ status: 404, body: `request ID ${ids[1]} not found` });
    expect(it.service.result(ids[2] ?? "").status).toBe(202);
  });

  test("an id that was never asked for is looked up in vain, and nothing begins", async () => {
    await using it = await bench();
    expect(it.service.lookup(request("a")).status).toBe(404);
    await it.clock.pass(1_000);
    expect(it.ran).toEqual([]);
  });

  test("a delay below zero is none", async () => {
    await using it = await bench({ delayMs: -5 });
    const { id } = await it.service.submit(request("a", "n1"));
    await it.clock.pass(0);
    expect(it.service.result(id).status).toBe(200);
  });
});

describe("failures", () => {
  test.each([408, 429, 500, 502, 503, 504])(
    "after %i it is tried four times more, 2, 4, 8 and 16 s later",
    async (status) => {
      await using it = await bench({ run: () => Promise.reject(new TopologyError(status, "not now")) });
      const { id, number } = await it.service.submit(request("a"));
      await it.clock.pass(100);
      for (const [attempts, waitMs] of [2_000, 4_000, 8_000, 16_000].entries()) {
        expect(it.service.result(id).status).toBe(202);
        expect(await it.store.get(number)).toMatchObject({
          state: "retrying",
          attempts: attempts + 1,
          status,
          reason: "not now",
          nextAttemptMs: it.clock.now() + waitMs,
        });
        await it.clock.pass(waitMs - 1);
        expect(it.ran).toHaveLength(attempts + 1);
        await it.clock.pass(1);
        expect(it.ran).toHaveLength(attempts + 2);
      }
      expect(it.service.result(id)).toEqual({ status, body: "not now" });
      expect(await it.store.get(number)).toMatchObject({ state: "failed", attempts: 5 });
      expect(it.measured).toEqual(Array(5).fill(`${status} 0`));
      await it.clock.pass(100_000);
      expect(it.ran).toHaveLength(5);
    },
  );

  test.each([400, 401, 404])("%i is final at once", async (status) => {
    await using it = await bench({ run: () => Promise.reject(new TopologyError(status, "no")) });
    const { id } = await it.service.submit(request("a"));
    await it.clock.pass(100);
    expect(it.service.result(id)).toEqual({ status, body: "no" });
    expect(it.ran).toHaveLength(1);
  });

  test("a 202 of a provider stays, with its words", async () => {
    await using it = await bench({ run: () => Promise.reject(new TopologyError(202, "still at it")) });
    const { id } = await it.service.submit(request("a"));
    await it.clock.pass(100);
    expect(it.service.result(id)).toEqual({ status: 202, body: "still at it" });
  });

  test("an attempt that succeeds later leaves no trace of those that failed", async () => {
    let attempts = 0;
    await using it = await bench({
      run: async () => {
        attempts += 1;
        if (attempts < 3) throw new Error("it hiccups");
        return { body: "tree" };
      },
    });
    const { id, number } = await it.service.submit(request("a"));
    await it.clock.pass(100);
    expect(await it.store.get(number)).toMatchObject({ status: 500, reason: "it hiccups" });
    await it.clock.pass(2_000);
    await it.clock.pass(4_000);
    expect(it.service.result(id)).toEqual({ status: 200, body: "tree" });
    const record = await it.store.get(number);
    expect(record).toMatchObject({ state: "done", attempts: 3, status: 200 });
    expect(record).not.toHaveProperty("reason");
    expect(record).not.toHaveProperty("nextAttemptMs");
  });

  test("who does not heed the end of an attempt is not waited for", async () => {
    await using it = await bench({ attemptMs: 5, run: () => new Promise(() => {}) });
    const { number } = await it.service.submit(request("a"));
    await it.clock.pass(100);
    await expect
      .poll(async () => it.store.get(number), { timeout: 30_000 })
      .toMatchObject({ state: "retrying", status: 504, reason: "the attempt took longer than 0.005 s" });
  });
});

describe("under its number", () => {
  test("each of two requests that differ in nodes alone has its own answer where answers are all", async () => {
    await using it = await bench({ answersOnly: () => true });
    const [first, second] = [await it.service.submit(request("a", "n1")), await it.service.submit(request("a", "n2"))];
    expect(first.id).toBe(second.id);
    await it.clock.pass(100);
    expect(it.service.result(first.id).body).toBe("n2");
    expect(await it.store.answer(first.number)).toEqual({ status: 200, body: "n1" });
    expect(await it.store.answer(second.number)).toEqual({ status: 200, body: "n2" });
  });

  test("where an output leaves more, one that is replaced is told so and never run", async () => {
    await using it = await bench();
    const first = await it.service.submit(request("a", "n1"));
    await it.service.submit(request("a", "n2"));
    await it.clock.pass(100);
    expect(it.ran.map(nodeNames)).toEqual(["n2"]);
    expect(await it.store.get(first.number)).toMatchObject({
      state: "superseded",
      reason: "request 2 of the same id came before it was begun",
    });
  });

  test("where an output leaves more, the next of the id begins when the attempt before it has ended", async () => {
    const letGo: (() => void)[] = [];
    await using it = await bench({
      run: (asked) => new Promise((resolve) => letGo.push(() => resolve({ body: nodeNames(asked) }))),
    });
    const [first, second] = [await submitAndPass(it, "n1"), await submitAndPass(it, "n2")];
    expect(it.ran.map(nodeNames)).toEqual(["n1"]);
    const third = await submitAndPass(it, "n3");
    letGo[0]?.();
    await it.clock.pass(0);
    expect(it.ran.map(nodeNames)).toEqual(["n1", "n3"]);
    letGo[1]?.();
    await it.clock.pass(0);
    expect(it.service.result(third.id).body).toBe("n3");
    expect(await it.store.answer(first.number)).toEqual({ status: 200, body: "n1" });
    expect(await it.store.get(second.number)).toMatchObject({
      state: "superseded",
      reason: "request 3 of the same id came before it was begun",
    });
  });

  test("where an output leaves more, one that has failed is not tried again behind the next of its id", async () => {
    await using it = await bench({
      run: async (asked) => {
        if (nodeNames(asked) === "n1") throw new TopologyError(503, "away");
        return { body: nodeNames(asked) };
      },
    });
    const [first, second] = [await submitAndPass(it, "n1"), await submitAndPass(it, "n2")];
    await it.clock.pass(60_000);
    expect(it.ran.map(nodeNames)).toEqual(["n1", "n2"]);
    expect(it.service.result(second.id).body).toBe("n2");
    expect(await it.store.get(first.number)).toMatchObject({
      state: "superseded",
      status: 503,
      reason: "request 2 of the same id came before it was tried again",
    });
  });

  test("those that ask for the same are run once, and told the same", async () => {
    await using it = await bench();
    for (let count = 0; count < 3; count++) await it.service.submit(request("a", "n1"));
    await it.clock.pass(100);
    expect(it.ran).toHaveLength(1);
    for (const number of [1, 2, 3]) {
      expect(await it.store.get(number)).toMatchObject({ state: "done" });
      expect(await it.store.answer(number)).toEqual({ status: 200, body: "n1" });
    }
  });
});

describe("bounds and ends", () => {
  test("more than a thousand requests under way are refused, until some have ended", async () => {
    await using it = await bench();
    for (let count = 0; count < 1_000; count++) await it.service.submit(request(`t${count}`));
    await expect(it.service.submit(request("one more"))).rejects.toMatchObject({ status: 503 });
    await it.clock.pass(100);
    for (let turn = 0; it.ran.length < 1_000 && turn < 1_000; turn++) await settle();
    expect((await it.service.submit(request("one more"))).number).toBe(1_001);
  });

  test("a server that closes ends what runs and what waits, and says so", async () => {
    const it = await bench({
      run: (_request, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("over")))),
    });
    await it.service.submit(request("a"));
    await it.clock.pass(100);
    await it.service.submit(request("b"));
    await it[Symbol.asyncDispose]();
    for (const number of [1, 2]) {
      expect(await it.store.get(number)).toMatchObject({
        state: "lost",
        reason: "the server ended before the request was done; send it again",
      });
    }
    await expect(it.service.submit(request("c"))).rejects.toMatchObject({ status: 503 });
  });

  test("the next server knows the answers, and that what a dead one left undone is lost", async () => {
    const store = createMemoryTopologyStore();
    const before = await bench({ store });
    const done = await before.service.submit(request("a", "n1"));
    await before.clock.pass(100);
    const undone = await before.service.submit(request("b"));
    await using other = await bench({ store, isDead: (holder) => holder === "me" });
    expect(other.service.result(done.id)).toEqual({ status: 200, body: "n1" });
    expect(other.service.result(undone.id).status).toBe(404);
    expect(await store.get(undone.number)).toMatchObject({ state: "lost" });
    expect((await other.service.submit(request("c"))).number).toBe(3);
    await before[Symbol.asyncDispose]();
  });

  test("an answer stands under its id also where the store cannot keep it", async () => {
    const store = createMemoryTopologyStore();
    const broken: TopologyStore = { ...store, change: () => Promise.reject(new Error("the disk is full")) };
    await using it = await bench({ store: broken });
    const { id } = await it.service.submit(request("a", "n1"));
    await it.clock.pass(100);
    expect(it.service.result(id)).toEqual({ status: 200, body: "n1" });
  });
});

function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}
