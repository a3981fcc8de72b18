import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { createClient, type Client } from "../../src/client/client.ts";
import { readConfig } from "../../src/config.ts";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

const Welcome = z.object({ urls: z.array(z.string()).min(1), tokenFile: z.string() });

/** `sluice serve` as a process of its own, to be killed or suspended. */
export interface GatewayProcess {
  readonly client: Client;
  /** Part of the name under which it holds leases. */
  readonly pid: number;
  signal(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT" | "SIGTERM"): void;
  /** Resolves when it has ended. */
  readonly ended: Promise<unknown>;
  /** What it has written to stderr. */
  said(): string;
}

export interface GatewayOptions {
  /** Where `sluice.yaml` is. */
  readonly cwd: string;
  readonly home: string;
  readonly store: string;
  /** Another machine's name, for a process that is to look like one of another machine; needs root. */
  readonly hostname?: string;
}

/** Starts one on a free port and waits until it listens. */
export async function startGatewayProcess({ cwd, home, store, hostname }: GatewayOptions): Promise<GatewayProcess> {
  const serve = [process.execPath, main, "serve", "--json", "--quiet", "--listen", "127.0.0.1:0", "--store", store];
  const elsewhere = ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', hostname ?? ""];
  const [program = "", ...args] = hostname === undefined ? serve : [...elsewhere, ...serve];
  const child = spawn(program, args, { cwd, env: { ...readConfig().environment, SLUICE_HOME: home } });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const ended = once(child, "exit");
  const failed = ended.then(() => Promise.reject(new Error(`serve ended: ${said}`)));
  const first = await Promise.race([once(child.stdout.setEncoding("utf8"), "data"), failed]);
  failed.catch(() => {});
  const { urls, tokenFile } = Welcome.parse(JSON.parse(String(first[0])));
  const token = (await readFile(tokenFile, "utf8")).trim();
  return {
    // Whoever calls tries again elsewhere.
    client: createClient({ url: urls[0] ?? "", token, attempts: 1 }),
    pid: child.pid ?? 0,
    ended,
    signal: (signal) => void child.kill(signal),
    said: () => said,
  };
}
