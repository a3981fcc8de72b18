import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readConfig } from "../../src/config.ts";
import { errorCodes } from "../../src/error-codes.ts";
import { SluiceError } from "../../src/errors.ts";
import { systemClock } from "../../src/jobs/clock.ts";
import type { JobStore } from "../../src/jobs/store.ts";
import { createLocalRunner } from "../../src/remote/local-runner.ts";
import { squeue } from "../../src/slurm/commands/squeue.ts";
import { openStore } from "../../src/store/registry.ts";
import { startPostgres } from "../postgres-server.ts";
import { startCountingCluster } from "./chaos.ts";
import { fateOf, requestOf } from "./crash-jobs.ts";
import { startGatewayProcess, type GatewayOptions, type GatewayProcess } from "./gateway-process.ts";
import { anomalies } from "./verdict.ts";

const never = new AbortController().signal;
const clusterNames = ["one", "two"] as const;
/** Jobs of one burst, from so many clients at a time. */
const burst = 80;
const clients = 16;
/** How long a client waits for an answer before it asks the other gateway. */
const patienceMs = 3_000;
const isRoot = process.geteuid?.() === 0;

/** Submits with one key through either gateway, the other one after each failure, until there is an answer. */
async function submitAnyhow(gateways: readonly GatewayProcess[], number: number, traces: string): Promise<string> {
  const { options, idempotencyKey, ...rest } = requestOf(number, traces);
  const body = { ...rest, ...options, cluster: clusterNames[number % 2] ?? "" };
  let failure: unknown;
  for (let attempt = number; attempt < number + 60; attempt += 1) {
    const client = gateways[attempt % gateways.length]?.client;
    const signal = AbortSignal.timeout(patienceMs);
    try {
      const job = await client?.submit(body, { idempotencyKey, signal });
      if (fateOf(number) === "cancelled") await client?.cancel(job?.id ?? "", { signal });
      return job?.id ?? "";
    } catch (error) {
      const again = error instanceof SluiceError && (error.code === "CANCELLED" || errorCodes[error.code].retry);
      if (!again) throw error;
      failure = error;
      await systemClock.sleep(100, never);
    }
  }
  throw new Error(`job ${number} was never answered`, { cause: failure });
}

/** Which of the gateways has the lease of a cluster. */
async function ownerOf(store: JobStore, cluster: string, gateways: readonly GatewayProcess[]): Promise<GatewayProcess> {
  let owner: GatewayProcess | undefined;
  const find = async (): Promise<boolean> => {
    const lease = (await store.leases()).find((one) => one.cluster === cluster);
    owner = gateways.find(({ pid }) => lease?.holder.split(":").includes(String(pid)));
    return owner !== undefined;
  };
  await expect.poll(find, { timeout: 30_000, interval: 20 }).toBe(true);
  if (owner === undefined) throw new Error(`nobody has the lease of ${cluster}`);
  return owner;
}

test(
  "two gateways share two clusters by one PostgreSQL: one killed, one suspended beyond its lease, and each job is in Slurm once",
  { timeout: 480_000 },
  async () => {
    await using undo = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), "two-gateways-"));
    undo.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
    const server = await startPostgres();
    undo.defer(() => server.close());
    const one = await startCountingCluster();
    undo.defer(() => one.close());
    const two = await startCountingCluster();
    undo.defer(() => two.close());
    const [base, traces] = [join(folder, "shared"), join(folder, "traces")];
    await mkdir(traces);
    const settings = (slurmConf: string): string =>
      `{kind: slurm, slurm_conf: ${slurmConf}, folder: ${base}, requests: {burst: 10000, per_second: 10000}}`;
    const yaml = `clusters:\n  one: ${settings(one.slurmConf)}\n  two: ${settings(two.slurmConf)}\n`;
    await writeFile(join(folder, "sluice.yaml"), yaml);

    const all: GatewayProcess[] = [];
    const open = async (name: string): Promise<GatewayProcess> => {
      const options: GatewayOptions = { cwd: folder, home: join(folder, name), store: server.url };
      // Where they look like two machines, neither can know that the other is dead: its lease is waited out.
      const gateway = await startGatewayProcess({ ...options, ...(isRoot && { hostname: name }) });
      all.push(gateway);
      undo.defer(async () => {
        gateway.signal("SIGKILL");
        await gateway.ended;
      });
      return gateway;
    };
    const gateways = await Promise.all([open("east"), open("west")]);
    const store = undo.use(await openStore({ url: server.url, clock: systemClock }));

    const answered = new Map<number, string>();
    const submit = async (first: number): Promise<void> => {
      let next = first;
      const client = async (): Promise<void> => {
        for (let number = next++; number < first + burst; number = next++) {
          answered.set(number, await submitAnyhow(gateways, number, traces));
        }
      };
      await Promise.all(Array.from({ length: clients }, client));
    };
    const inTheMiddle = async (first: number): Promise<void> => {
      await expect.poll(() => answered.size, { timeout: 30_000, interval: 2 }).toBeGreaterThan(first + burst / 3);
    };

    let submitting = submit(0);
    await inTheMiddle(0);
    const killed = await ownerOf(store, "one", gateways);
    killed.signal("SIGKILL");
    await submitting;
    gateways[gateways.indexOf(killed)] = await open("north");

    submitting = submit(burst);
    await inTheMiddle(burst);
    const suspended = await ownerOf(store, "two", gateways);
    suspended.signal("SIGSTOP");
    const others = gateways.filter((gateway) => gateway !== suspended);
    await ownerOf(store, "two", others);
    suspended.signal("SIGCONT");
    await submitting;
    await submit(2 * burst);

    // The same key answers the same job, whichever gateway had taken it.
    for (const [number, id] of answered) expect(await submitAnyhow(gateways, number, traces)).toBe(id);

    const restless = async (): Promise<readonly string[]> => {
      const jobs = await store.getAll([...answered.values()]);
      const wrong = jobs.filter(
        ({ name, state, freshness }) => state !== fateOf(Number(name.split(" ")[1])) || freshness !== "fresh",
      );
      return wrong.map(({ name, state, freshness, reason }) => `${name} ${state} ${freshness} ${reason ?? ""}`);
    };
    await expect.poll(restless, { timeout: 90_000, interval: 200 }).toEqual([]);
    const queues = await Promise.all(
      [one, two].map(({ slurmConf }) => {
        const runner = createLocalRunner({ env: { ...readConfig().environment, SLURM_CONF: slurmConf } });
        return runner.run(squeue({ boundary: crypto.randomUUID() }), { signal: never });
      }),
    );
    expect(await anomalies({ store, answered, queue: queues.flat(), base, traces })).toEqual([]);
    expect(answered.size).toBe(3 * burst);
    const { jobs } = await store.list({ limit: 1_000 });
    expect(jobs).toHaveLength(3 * burst);
    for (const gateway of all) expect(gateway.said()).toBe("");
  },
);
