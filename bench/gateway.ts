import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BareCluster } from "./bare-cluster.ts";
import { HttpClient } from "./http-client.ts";
import { runCommand } from "./run-command.ts";

const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

/** Nothing but what the benchmark does goes on: jobs are not even considered for a start, and leave soon after their end. */
const slurmLines = [
  "SchedulerParameters=defer,batch_sched_delay=20,sched_interval=60",
  "MaxJobCount=200000",
  "MaxArraySize=100001",
  "MinJobAge=2",
];

export interface GatewayOptions {
  /** Settings of the cluster `bench` in `sluice.yaml`, beside its kind and configuration. */
  readonly settings?: string;
  /** Whether accepted jobs stay with Sluice: the cluster is asked for one thing an hour. */
  readonly keepsJobs?: boolean;
}

/** `sluice serve` as users start it, before a cluster of its own. Disposing ends both and removes all files. */
export class BenchGateway implements AsyncDisposable {
  readonly cluster: BareCluster;
  readonly client: HttpClient;
  readonly url: URL;
  readonly token: string;
  readonly #stop: () => Promise<void>;

  private constructor(cluster: BareCluster, { url, token }: { url: URL; token: string }, stop: () => Promise<void>) {
    this.cluster = cluster;
    this.url = url;
    this.token = token;
    this.client = new HttpClient(url, token);
    this.#stop = stop;
  }

  static async open({ settings = "", keepsJobs = false }: GatewayOptions = {}): Promise<BenchGateway> {
    const folder = await mkdtemp(join(tmpdir(), "bench-gateway-"));
    const cluster = await BareCluster.started(slurmLines);
    const requests = keepsJobs ? "{burst: 1, per_second: 0.0003}" : "{burst: 1000000, per_second: 1000000}";
    await writeFile(
      join(folder, "sluice.yaml"),
      `clusters:\n  bench: {kind: slurm, slurm_conf: ${cluster.conf}, requests: ${requests}${settings}}\n`,
    );
    const args = ["serve", "--listen", "127.0.0.1:0", "--json", "--quiet", "--rate-limit", "1000000"];
    const env = { ...process.env, SLUICE_HOME: join(folder, "home"), SLURM_TEST_CLUSTER: undefined };
    const child = spawn(process.execPath, [main, ...args], { cwd: folder, env, stdio: ["ignore", "pipe", "inherit"] });
    const exited = once(child, "exit");
    const stop = async (): Promise<void> => {
      child.kill("SIGTERM");
      await exited;
      await cluster[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    };
    try {
      const died = exited.then(() => Promise.reject(new Error("sluice serve ended before it listened")));
      died.catch(() => {});
      const said = await Promise.race([once(child.stdout.setEncoding("utf8"), "data"), died]);
      const { urls, tokenFile }: { urls: [string]; tokenFile: string } = JSON.parse(String(said[0]));
      const token = (await readFile(tokenFile, "utf8")).trim();
      return new BenchGateway(cluster, { url: new URL(urls[0]), token }, stop);
    } catch (error) {
      await stop();
      throw error;
    }
  }

  /** Has so many held jobs accepted, a thousand at a time. */
  async accept(count: number): Promise<void> {
    for (let from = 0; from < count; from += 1_000) {
      const jobs = Array.from({ length: Math.min(1_000, count - from) }, (_, at) => heldJob(`job ${from + at}`));
      await this.client.post("/v1/jobs:batch", { jobs });
    }
  }

  /** How many jobs of these states there are, up to a thousand. */
  async count(states: string): Promise<number> {
    const { jobs }: { jobs: readonly unknown[] } = JSON.parse(
      await this.client.get(`/v1/jobs?state=${states}&limit=1000&fields=id`),
    );
    return jobs.length;
  }

  /** Waits until no job is in one of these states. */
  async until(isNoMore: string, milliseconds = 120_000): Promise<void> {
    const deadline = performance.now() + milliseconds;
    while (JSON.parse(await this.client.get(`/v1/jobs?state=${isNoMore}&limit=1&fields=id`)).jobs.length > 0) {
      if (performance.now() > deadline) throw new Error(`there are still jobs that are ${isNoMore}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Runs a command of Slurm's on the cluster. */
  slurm(argv: readonly [string, ...string[]]): Promise<string> {
    return runCommand(argv, { env: { SLURM_CONF: this.cluster.conf } });
  }

  /** Ends all jobs, and waits until Sluice has seen it. */
  async clear(): Promise<void> {
    await this.slurm(["scancel", `--user=${process.getuid?.() ?? 0}`]);
    await this.until("pending,held,running");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    await this.#stop();
  }
}

/** A job that is taken and never begins. */
export function heldJob(name: string): Readonly<Record<string, unknown>> {
  return { cluster: "bench", name, script: "#!/bin/sh\ntrue\n", hold: true, output: "/dev/null" };
}
