import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "./run-command.ts";

const script = fileURLToPath(new URL("bare-cluster.sh", import.meta.url));

/** A cluster made by the plainest script that starts the same daemons. Disposing stops it and removes its files. */
export class BareCluster implements AsyncDisposable {
  readonly folder: string;
  private readonly port: number;

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
  }

  static async prepare(): Promise<BareCluster> {
    return new BareCluster(await mkdtemp(join(tmpdir(), "bench-bare-")), await freePorts(4));
  }

  /** One that runs, with lines put behind those of its slurm.conf, of which they win. */
  static async started(lines: readonly string[]): Promise<BareCluster> {
    const cluster = await BareCluster.prepare();
    try {
      // The script writes its files where there are none.
      await cluster.start();
      await runCommand([script, "stop", cluster.folder]);
      await appendFile(cluster.conf, `${lines.join("\n")}\n`);
      await writeFile(cluster.job, "#!/bin/sh\ntrue\n");
      await cluster.start();
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  get conf(): string {
    return join(this.folder, "config", "slurm.conf");
  }

  /** A script to submit, of one that was `started`. */
  get job(): string {
    return join(this.folder, "config", "job.sh");
  }

  /** Returns when every node is idle. */
  async start(): Promise<void> {
    await runCommand([script, "start", this.folder], { env: { BARE_PORT: String(this.port) } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await runCommand([script, "stop", this.folder]);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The first of `count` consecutive free ports, below those that the kernel hands out by itself. */
async function freePorts(count: number): Promise<number> {
  for (let first = 28_000; first < 32_000; first += count) {
    const free = await Promise.all(Array.from({ length: count }, (_, offset) => isFree(first + offset)));
    if (free.every(Boolean)) return first;
  }
  throw new Error(`no ${count} consecutive free ports between 28000 and 32000`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
