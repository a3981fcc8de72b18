import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Io } from "../src/cli/io.ts";
import { runProgram } from "../src/cli/run-program.ts";
import { readConfig } from "../src/config.ts";
import { ClusterStatus } from "../src/schema/cluster-status.ts";
import { compiledElsewhere } from "./compiled-elsewhere.ts";

const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));

export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  /** -1 where a signal ended it. */
  readonly exitCode: number;
}

/** A folder to stand in and a registry of clusters, both of a test's own. Its end destroys every cluster made there. */
export interface Workspace extends AsyncDisposable {
  readonly cwd: string;
  readonly home: string;
  /** Runs the program as a person would, with nothing on stdin. */
  sluice(...args: readonly string[]): Promise<Ended>;
  /** The same in this process, which is quicker where many refusals are tested. */
  inProcess(...args: readonly string[]): Promise<Ended>;
  /** As `sluice`, where it must succeed; resolves to what it printed. */
  done(...args: readonly string[]): Promise<string>;
  /** Makes and starts a cluster, on an ssh port of its own: files that are tested side by side must not compete for 2222. */
  start(name: string, ...args: readonly string[]): Promise<ClusterStatus>;
  status(name: string): Promise<ClusterStatus>;
  /** A file of a cluster made in the default folder. */
  path(name: string, ...parts: readonly string[]): string;
  /** Runs a program as a user of a cluster does. */
  onCluster(name: string, program: string, ...args: readonly string[]): Promise<Ended>;
  /** Everything below the folder and the registry, to compare before with after. */
  files(): Promise<readonly string[]>;
}

export async function openWorkspace(): Promise<Workspace> {
  const root = await mkdtemp(join(tmpdir(), "sl-"));
  const cwd = join(root, "w");
  const home = join(root, "h");
  await mkdir(cwd);
  const environment = {
    PATH: process.env["PATH"] ?? "",
    LANG: "C.UTF-8",
    HOME: root,
    SLUICE_HOME: home,
    ...compiledElsewhere,
  };
  const sluice = (...args: readonly string[]): Promise<Ended> =>
    run([process.execPath, main, ...args], { cwd, env: environment });
  const inProcess = async (...args: readonly string[]): Promise<Ended> => {
    const { io, written } = captureIo();
    const { signal } = new AbortController();
    const config = async () => readConfig(environment);
    const exitCode = await runProgram(args, { io, signal, urgent: signal, cwd, config, exitCode: 0 });
    return { ...written, exitCode };
  };
  const done = async (...args: readonly string[]): Promise<string> => {
    const ended = await sluice(...args);
    if (ended.exitCode === 0) return ended.stdout;
    throw new Error(`sluice ${args.join(" ")} ended with ${ended.exitCode}: ${ended.stderr}`);
  };
  const path = (name: string, ...parts: readonly string[]): string => join(cwd, ".slurm-cluster", name, ...parts);
  const status = async (name: string): Promise<ClusterStatus> =>
    ClusterStatus.parse(JSON.parse(await done("cluster", "status", "--json", "--name", name)));
  return {
    cwd,
    home,
    sluice,
    inProcess,
    done,
    status,
    path,
    async start(name, ...args) {
      const port = String(await freePort());
      const made = await done("cluster", "create", "--name", name, "--port", port, "--start", "--json", ...args);
      return ClusterStatus.parse(JSON.parse(made));
    },
    onCluster: (name, program, ...args) =>
      run([program, ...args], { cwd, env: { ...environment, SLURM_CONF: path(name, "config", "slurm.conf") } }),
    files: async () => (await readdir(root, { recursive: true })).sort(),
    async [Symbol.asyncDispose]() {
      await done("cluster", "destroy", "--all");
      // What was told to end may be writing its last there.
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Streams that no person sees, and what was written to them. */
export function captureIo(stdin = Readable.from([])): {
  readonly io: Io;
  readonly written: { stdout: string; stderr: string };
} {
  const written = { stdout: "", stderr: "" };
  const textOf = (chunk: string | Uint8Array): string =>
    typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
  const io: Io = {
    out: (chunk) => void (written.stdout += textOf(chunk)),
    err: (chunk) => void (written.stderr += textOf(chunk)),
    drained: async () => {},
    stdin,
    isTTY: false,
    errIsTTY: false,
    stdinIsTTY: false,
    columns: 80,
  };
  return { io, written };
}

/** A port that nobody listens on, from the range that the kernel hands out by itself and Sluice does not choose from. */
export async function freePort(): Promise<number> {
  await using busy = await occupyPort(0);
  return busy.port;
}

/** Listens on a port of 127.0.0.1 until it is disposed of; 0 takes any. */
export async function occupyPort(wanted: number): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = createServer();
  server.listen(wanted, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, "close");
    },
  };
}

export async function run(
  [program = "", ...args]: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<Ended> {
  const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const closed = once(child, "close");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  return { stdout, stderr, exitCode: child.exitCode ?? -1 };
}
