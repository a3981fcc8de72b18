import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import type { Client, Job } from "../../src/client/client.ts";
import { startGatewayProcess, type GatewayProcess } from "./gateway-process.ts";
import { mountSmallDisk, type SmallDisk } from "./small-disk.ts";

const held = { script: "#!/bin/sh\n", hold: true } as const;
const patience = { timeout: 60_000, interval: 100 } as const;

let cwd: string;
let gateway: GatewayProcess | undefined;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "failures-"));
});
afterEach(async () => {
  gateway?.signal("SIGKILL");
  await gateway?.ended;
  await rm(cwd, { recursive: true, force: true, maxRetries: 5 });
});

/** A gateway whose store and whose folder of jobs are in these folders. */
async function serve(store: string, folder: string): Promise<Client> {
  const cluster = `{kind: slurm, slurm_conf: ${inject("slurmConf")}, folder: ${folder}}`;
  await writeFile(join(cwd, "sluice.yaml"), `clusters:\n  bare: ${cluster}\n`);
  gateway = await startGatewayProcess({ cwd, home: join(cwd, "home"), store: join(store, "jobs.db") });
  return gateway.client;
}

test("another program holds the store for long: reads go on, what cannot be kept is refused, and then all goes on", async () => {
  const client = await serve(cwd, join(cwd, "cluster"));
  const { id } = await client.submit(held);
  await client.wait(id, { until: ({ state }) => state === "held" });
  const other = new DatabaseSync(join(cwd, "jobs.db"));
  other.exec("begin immediate");
  const refused = client.submit(held, { idempotencyKey: "key" });
  const refusal = { code: "STORE_UNAVAILABLE", message: expect.stringMatching(/another process has been writing/) };
  await Promise.all([
    expect(refused).rejects.toMatchObject(refusal),
    expect(client.job(id)).resolves.toMatchObject({ state: "held" }),
  ]);
  other.exec("rollback");
  other.close();
  const later = await client.submit(held, { idempotencyKey: "key" });
  await client.wait(later.id, { until: ({ state }) => state === "held" });
  expect((await client.page()).jobs).toHaveLength(2);
  expect(gateway?.said()).toBe("");
});

test("the store's file is removed: nothing more is taken, and what to do is said", async () => {
  const client = await serve(cwd, join(cwd, "cluster"));
  const { id } = await client.submit(held);
  await rm(join(cwd, "jobs.db"));
  const refusal = { code: "STORE_UNAVAILABLE", message: expect.stringMatching(/was removed or replaced.*put it back/) };
  await expect(client.submit(held)).rejects.toMatchObject(refusal);
  expect((await client.job(id)).id).toBe(id);
  expect(gateway?.said()).toBe("");
});

// A disk that is really full takes one that may be mounted.
describe.for(process.geteuid?.() === 0 ? ["root's"] : [])("on %s small disk", () => {
  let disk: SmallDisk;
  beforeEach(async () => {
    disk = await mountSmallDisk(8);
  });
  afterEach(async () => {
    gateway?.signal("SIGKILL");
    await gateway?.ended;
    await disk[Symbol.asyncDispose]();
  });

  test("the store's disk is full: nothing is taken that is not kept, and all goes on when there is room", async () => {
    const client = await serve(disk.folder, join(cwd, "cluster"));
    const body = { script: `#!/bin/sh\n#${"x".repeat(50_000)}\n`, hold: true } as const;
    const taken: Job[] = [await client.submit(body)];
    await disk.fill();
    const fill = async (): Promise<never> => {
      while (true) taken.push(await client.submit(body, { idempotencyKey: `key-${taken.length}` }));
    };
    const refusal = {
      code: "STORE_UNAVAILABLE",
      message: expect.stringMatching(/jobs\.db.*disk is full; make room on it/),
    };
    await expect(fill()).rejects.toMatchObject(refusal);
    // What was asked for and refused is nowhere; all that was taken is there.
    await expect(client.submit(body)).rejects.toMatchObject(refusal);
    for (const { id } of taken) expect((await client.job(id)).id).toBe(id);
    expect((await client.page({ limit: 1_000 })).jobs).toHaveLength(taken.length);
    await disk.free();
    taken.push(await client.submit(body, { idempotencyKey: `key-${taken.length}` }));
    for (const { id } of taken) await client.wait(id, { until: ({ state }) => state === "held" });
    const natives = new Set((await client.page({ limit: 1_000 })).jobs.map(({ nativeId }) => nativeId));
    expect(natives.size).toBe(taken.length);
    expect(gateway?.said()).toBe("");
  });

  test("the disk of the jobs' folders is full: jobs wait, the cluster says why, and they run when there is room", async () => {
    const client = await serve(cwd, join(disk.folder, "cluster"));
    const first = await client.submit({ script: "#!/bin/sh\ntrue\n" });
    expect(await client.wait(first.id)).toMatchObject({ state: "completed" });
    await disk.fill();
    const { id } = await client.submit({ script: "#!/bin/sh\nexit 3\n" });
    const message = async (): Promise<string> => (await client.clusters())[0]?.message ?? "";
    await expect.poll(message, patience).toMatch(/no space left on device|disk is full/i);
    expect(["accepted", "submitting"]).toContain((await client.job(id)).state);
    await disk.free();
    expect(await client.wait(id)).toMatchObject({ state: "failed", exit: { status: 3 } });
    await expect.poll(message, patience).toBe("");
    expect(gateway?.said()).toBe("");
  });
});
