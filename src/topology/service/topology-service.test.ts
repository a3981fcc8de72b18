import { describe, expect, test } from "vitest";
import { bench, nodeNames, request, submitAndPass } from "../../../test/topology-bench.ts";
import { TopologyError } from "../topology-error.ts";

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

function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}
