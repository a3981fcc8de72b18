import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { killWriters, startWriter } from "../../../test/store-crash.ts";
import { startPostgres, type PostgresServer } from "../../../test/postgres-server.ts";
import { systemClock } from "../../jobs/clock.ts";
import type { NewJob } from "../../jobs/store.ts";
import { describeJobStore } from "../../jobs/store.contract.ts";
import { acceptOne, eventsSince, newJob, until } from "../../jobs/store-fixture.contract.ts";
import { describeTopologyStore } from "../../topology/topology-store.contract.ts";
import { openStore } from "../registry.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.close());

let schemas = 0;
function freshUrl(): string {
  return `${server.url}&schema=test_${(schemas += 1)}`;
}

/** The sessions of this program among those of the server. */
const ofSluice = "application_name = 'sluice'";

async function asAdministrator(work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: server.url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

describeJobStore("postgres", async () => {
  const url = freshUrl();
  return { open: () => openStore({ url, clock: systemClock }), close: async () => {} };
});

describeTopologyStore("postgres", async (topologyBounds) => {
  const opened = await openStore({ url: freshUrl(), clock: systemClock, topologyBounds });
  return { store: opened.topology, close: () => opened[Symbol.asyncDispose]() };
});

test("processes that start together make the tables once", async () => {
  const url = freshUrl();
  const stores = await Promise.all(Array.from({ length: 4 }, () => openStore({ url, clock: systemClock })));
  await Promise.all(stores.map((store) => acceptOne(store)));
  expect(await stores[0]?.lastEvent()).toBe(4);
  await Promise.all(stores.map((store) => store[Symbol.asyncDispose]()));
});

test("a server that restarts in the middle is told as away, then serves on, and all that was answered is there", async () => {
  await using store = await openStore({ url: freshUrl(), clock: systemClock, patienceMs: 2_000 });
  let heard = 0;
  using _listening = store.subscribe((last) => (heard = last));
  const answered: string[] = [];
  const refusals: unknown[] = [];
  const over = new AbortController();
  const writing = (async () => {
    while (!over.signal.aborted) {
      const job = newJob();
      try {
        await store.accept([job]);
        answered.push(job.id);
      } catch (error) {
        refusals.push(error);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  })();
  for (const how of ["fast", "immediate"] as const) {
    const [before, errors] = [answered.length, refusals.length];
    await until(() => answered.length > before + 20);
    await server.stop(how);
    await until(() => refusals.length > errors);
    await expect(store.get("x")).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await server.start();
    const back = answered.length;
    await until(() => answered.length > back + 20);
  }
  over.abort();
  await writing;
  for (const refusal of refusals) expect(refusal).toMatchObject({ code: "STORE_UNAVAILABLE" });
  expect((await store.getAll(answered)).map(({ id }) => id)).toEqual(answered);
  const seqs = (await eventsSince(store)).map(({ seq }) => seq);
  expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  await until(() => heard === seqs.length);
});

test("connections that are cut are made anew, and a write that was cut is told as such and may be made again", async () => {
  await using store = await openStore({ url: freshUrl(), clock: systemClock });
  const jobs = Array.from({ length: 100 }, () => newJob());
  const refusals: unknown[] = [];
  const acceptAnyhow = async (job: NewJob): Promise<void> => {
    while (true) {
      try {
        await store.accept([job]);
        return;
      } catch (error) {
        refusals.push(error);
      }
    }
  };
  await asAdministrator(async (client) => {
    for (const [count, job] of jobs.entries()) {
      const accepted = acceptAnyhow(job);
      if (count % 10 === 0)
        await client.query(`select pg_terminate_backend(pid) from pg_stat_activity where ${ofSluice}`);
      await accepted;
    }
  });
  expect(refusals.length).toBeGreaterThan(0);
  for (const refusal of refusals) expect(refusal).toMatchObject({ code: "STORE_UNAVAILABLE" });
  expect(await store.count({})).toEqual({ accepted: jobs.length });
});

test("a server that hangs is told as away within bounds, and used again when it answers", async () => {
  await using store = await openStore({ url: freshUrl(), clock: systemClock, patienceMs: 500 });
  const job = await acceptOne(store);
  server.signal("SIGSTOP");
  try {
    const began = performance.now();
    const refused = { code: "STORE_UNAVAILABLE" };
    await Promise.all([
      expect(store.get(job.id)).rejects.toMatchObject(refused),
      expect(store.accept([newJob()])).rejects.toMatchObject(refused),
    ]);
    // No new connection is to be had either.
    await expect(store.get(job.id)).rejects.toMatchObject(refused);
    expect(performance.now() - began).toBeLessThan(10_000);
  } finally {
    server.signal("SIGCONT");
  }
  await until(async () => (await store.get(job.id).catch(() => undefined)) !== undefined);
  await until(async () => (await store.accept([newJob()]).catch(() => [])).length === 1);
});

test("a process that hangs within its turn to write holds the others up, and not beyond their patience", async () => {
  const url = freshUrl();
  await using store = await openStore({ url, clock: systemClock });
  const writer = startWriter(url);
  writer.stdin.write("begin\n");
  try {
    await asAdministrator(async (client) => {
      const hangsInTurn = async (): Promise<boolean> => {
        writer.kill("SIGCONT");
        await until(async () => (await store.lastEvent()) > 0);
        writer.kill("SIGSTOP");
        const held = `${ofSluice} and state = 'idle in transaction' and query like '%for update%'`;
        return (await client.query(`select 1 from pg_stat_activity where ${held}`)).rows.length > 0;
      };
      await until(hangsInTurn);
    });
    expect((await acceptOne(store)).state).toBe("accepted");
  } finally {
    writer.kill("SIGKILL");
  }
});

test("a writer killed at ten random moments loses nothing that it answered and leaves nothing half done", async () => {
  expect(await killWriters(freshUrl(), 10)).toBeGreaterThanOrEqual(5);
}, 240_000);

test("an address with a wrong password or host says so, and never says the password", async () => {
  const wrong = [
    "postgres://sluice:s3cret@127.0.0.1:1/postgres",
    "postgres://sluice:s3cret@localhost/postgres?host=/nowhere",
    server.url.replace("sluice@", "nobody:s3cret@"),
    `${server.url.replace("/postgres?", "/none?")}&password=s3cret`,
    "postgres://sluice:s3cret%@[/postgres",
    `${server.url}&schema=a;b&password=s3cret`,
  ];
  for (const url of wrong) {
    const error: unknown = await openStore({ url, clock: systemClock, patienceMs: 2_000 }).catch(
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject({ code: expect.stringMatching(/^(STORE_UNAVAILABLE|INPUT_INVALID)$/) });
    expect(String(error)).not.toContain("s3cret");
  }
});
