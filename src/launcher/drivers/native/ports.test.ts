import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { bindError, pickPorts } from "./ports.ts";
import { readProcess } from "./processes.ts";

const nobody: ReadonlyMap<number, string> = new Map();

async function busyPort(): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, "close");
    },
  };
}

async function freePort(): Promise<number> {
  await using busy = await busyPort();
  return busy.port;
}

test("a port that was asked for is given where it is free, and refused with the reason where not", async () => {
  await using busy = await busyPort();
  const free = await freePort();
  const picker = pickPorts(new Map([[2222, "dev"]]), 0);
  expect(await picker.exactly(free, "--port")).toBe(free);
  const refusals = [
    [busy.port, `${readProcess(process.pid)?.name} (process ${process.pid}) listens on it`],
    [2222, 'it belongs to cluster "dev"'],
    [free, "it is used twice"],
  ] as const;
  for (const [port, why] of refusals) {
    await expect(picker.exactly(port, "--port")).rejects.toMatchObject({
      code: "PORT_BUSY",
      message: `--port ${port} cannot be used: ${why}; name another, or leave it out to have a free one chosen`,
      details: { port },
    });
  }
});

test("a preferred port gives way to another where it is taken", async () => {
  await using busy = await busyPort();
  const free = await freePort();
  expect(await pickPorts(nobody, 0).near(free)).toBe(free);
  const other = await pickPorts(nobody, 0).near(busy.port);
  expect(other).toBeGreaterThanOrEqual(20_000);
  expect(other).toBeLessThanOrEqual(31_999);
  expect(await pickPorts(new Map([[free, "dev"]]), 0).near(free)).not.toBe(free);
});

test("no port is given twice, none that another cluster keeps, and all are below those that Linux hands out", async () => {
  const taken = new Map(Array.from({ length: 50 }, (_, i) => [20_000 + 7 * i, "dev"] as const));
  const picker = pickPorts(taken, 0);
  const ports = [...(await picker.some(40)), await picker.near(20_000), ...(await picker.some(20))];
  expect(new Set(ports).size).toBe(61);
  expect(ports.filter((port) => taken.has(port) || port < 20_000 || port > 31_999)).toEqual([]);
  expect(await Promise.all(ports.map(bindError))).toEqual(ports.map(() => undefined));
});

test("a seed far beyond the range, or below it, still starts within it", async () => {
  for (const seed of [65_535, -1, 11_999, 12_000]) {
    const [port] = await pickPorts(nobody, seed).some(1);
    expect(port).toBeGreaterThanOrEqual(20_000);
    expect(port).toBeLessThanOrEqual(31_999);
  }
});

test("more ports than there are is an error, and not an endless search", async () => {
  const taken = new Map(Array.from({ length: 12_000 }, (_, i) => [20_000 + i, "dev"] as const));
  taken.delete(25_000);
  await expect(pickPorts(taken, 3).some(2)).rejects.toMatchObject({
    code: "PORT_BUSY",
    message: expect.stringMatching(/^2 free ports are needed between 20000 and 31999, and [01] were found$/),
  });
});
