import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { readConfig } from "../../src/config.ts";
import { systemClock } from "../../src/jobs/clock.ts";
import type { JobRequest } from "../../src/jobs/job-service.ts";
import type { JobStore } from "../../src/jobs/store.ts";
import { createLocalRunner } from "../../src/remote/local-runner.ts";
import { squeue } from "../../src/slurm/commands/squeue.ts";
import { openStore } from "../../src/store/registry.ts";

const program = fileURLToPath(new URL("./engine-process.ts", import.meta.url));
const never = new AbortController().signal;

/** Steps at which a process of the engine can be told to die. */
export const crashSteps = [
  "job-stored",
  "submitting-stored",
  "before-folder",
  "folder-made",
  "written-job.json",
  "written-user-script",
  "written-script",
  "sbatch-started",
  "sbatch-answered",
  "cluster-took-job",
  "submitted-stored",
  "job-looked-for",
  "queue-read",
  "sightings-stored",
] as const;

/** Processes of the engine, one after another over one store and one cluster, each of which may be killed at any time. */
export class CrashRun implements AsyncDisposable {
  readonly folder: string;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  #child: ChildProcessWithoutNullStreams | undefined;
  /** What the processes said on stderr: nothing, in a good run. */
  said = "";

  private constructor(folder: string, slurmConf: string) {
    this.folder = folder;
    this.#environment = { ...readConfig().environment, SLURM_CONF: slurmConf };
  }

  static async open(slurmConf: string): Promise<CrashRun> {
    return new CrashRun(await mkdtemp(join(tmpdir(), "crash-")), slurmConf);
  }

  /** Starts a process, which dies at a step where one is named, the so many-th time that it comes to it. */
  start(crashAt?: { readonly step: string; readonly count: number }): void {
    const at = crashAt === undefined ? undefined : `${crashAt.step}#${crashAt.count}`;
    const child = spawn(process.execPath, ["--no-warnings", program, this.folder], {
      env: { ...this.#environment, ...(at !== undefined && { SLUICE_CRASH_AT: at }) },
      stdio: ["pipe", "pipe", "pipe"],
    });
    child.stderr.on("data", (chunk: Buffer) => (this.said += chunk.toString()));
    // A process that dies leaves its pipes behind.
    child.stdin.on("error", () => {});
    this.#child = child;
  }

  /** Submits to the process that runs; `undefined` where it died before it had answered. */
  async submit(requests: readonly JobRequest[]): Promise<readonly string[] | undefined> {
    const child = this.#child;
    if (child === undefined) throw new Error("no process runs");
    const lines = createInterface({ input: child.stdout });
    try {
      child.stdin.write(`${JSON.stringify(requests)}\n`);
      return await new Promise((resolve) => {
        lines.once("line", (line: string) => resolve(JSON.parse(line)));
        lines.once("close", () => resolve(undefined));
      });
    } finally {
      lines.close();
    }
  }

  /** Kills the process, and only it: what it has started goes on. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.ended();
  }

  /** Kills the process with all that it has started, as the end of a login session would. */
  async killAll(): Promise<void> {
    const { pid } = this.#child ?? {};
    const offspring = pid === undefined ? [] : childrenOf(pid);
    this.#child?.kill("SIGKILL");
    for (const child of offspring) {
      try {
        // The runner makes each command a group of its own.
        process.kill(-child, "SIGKILL");
      } catch {
        // It has ended.
      }
    }
    await this.ended();
  }

  /** Resolves when the process has ended. */
  async ended(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise((resolve) => child.once("exit", resolve));
  }

  /** Whether the process still runs. */
  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The signal that ended the last process, where one did. */
  get diedBy(): string | undefined {
    return this.#child?.signalCode ?? undefined;
  }

  openStore(): Promise<JobStore> {
    return openStore({ url: join(this.folder, "jobs.db"), clock: systemClock });
  }

  /** How many sbatch processes of this run there are. */
  sbatches(): number {
    return readdirSync("/proc").filter((pid) => {
      const [name, ...args] = textOf(`/proc/${pid}/cmdline`).split("\0");
      return name === "sbatch" && args.some((arg) => arg.startsWith(this.folder));
    }).length;
  }

  /** How many jobs Slurm has for each of Sluice's ids, by the path of the job's folder. */
  async jobsInSlurm(): Promise<ReadonlyMap<string, readonly string[]>> {
    const runner = createLocalRunner({ env: this.#environment });
    const rows = await runner.run(squeue({ boundary: crypto.randomUUID() }), { signal: never });
    const found = new Map<string, Set<string>>();
    const start = `${this.folder}/jobs/`;
    for (const { command = "", nativeId } of rows) {
      if (!command.startsWith(start)) continue;
      const id = command.slice(start.length).split("/")[0] ?? "";
      found.set(id, (found.get(id) ?? new Set()).add(nativeId.split("_")[0] ?? ""));
    }
    return new Map([...found].map(([id, natives]) => [id, [...natives]]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.killAll();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function childrenOf(pid: number): readonly number[] {
  const words = textOf(`/proc/${pid}/task/${pid}/children`).split(" ");
  return words.filter((word) => word !== "").map(Number);
}

/** A file of proc(5); nothing for a process that has ended. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
