import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { FileKeeper } from "../src/sdk/shipping/keep-content.ts";
import { shipTask, type ShipOptions } from "../src/sdk/shipping/ship.ts";
import type { ShippedCode } from "../src/sdk/shipping/shipped-code.ts";
import { openJobsInFolder, type JobsInFolder } from "./job-in-folder.ts";

/** The task of the project. */
export const taskId = "src/train.ts#train";
/** What it gives for the 41 that it is called with. */
export const trained = [42, true, process.version];
/** A Node that the code of a task cannot be run by. */
export const oldNode = "#!/bin/sh\necho v20.20.2\n";

interface Ran {
  readonly status: number | null;
  readonly stderr: string;
  readonly value: unknown;
}

/** A project with one task, and a folder that stands for the cluster that it is brought to. */
export interface ShippedProject extends AsyncDisposable {
  readonly folder: string;
  /** The project's own folder. */
  readonly project: string;
  readonly jobs: JobsInFolder;
  /** The sizes of the files that were brought. */
  readonly brought: readonly number[];
  readonly keeper: FileKeeper;
  /** Writes files of the project. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
  ship(options?: Partial<ShipOptions>): Promise<ShippedCode>;
  /** Runs a call of the task as its job's script does. */
  run(
    code: ShippedCode,
    how?: { readonly variables?: Readonly<Record<string, string>>; readonly srun?: boolean },
  ): Promise<Ran>;
  /** A PATH on which these programs stand before all others. */
  programs(scripts: Readonly<Record<string, string>>): Promise<string>;
}

export async function openShippedProject(): Promise<ShippedProject> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "sluice-ship-")));
  const project = join(folder, "project");
  const jobs = await openJobsInFolder();
  const brought: number[] = [];
  const keeper = keeperOf(jobs, brought);
  const write = async (files: Readonly<Record<string, string>>): Promise<void> => {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(project, name)), { recursive: true });
      await writeFile(join(project, name), text);
    }
  };
  await write({
    "package.json": '{"name":"project","version":"1.0.0","type":"module"}',
    "src/train.ts": `import { hostname } from "node:os";
      import { task } from "sluice";
      import { test as nothing } from "vitest";
      nothing("never runs", () => { throw new Error("it ran"); });
      export const train = task(async function train(x: number) { return [x + 1, hostname() !== "", process.version]; });`,
  });
  return {
    folder,
    project,
    jobs,
    brought,
    keeper,
    write,
    async ship(options) {
      const module = join(project, "src/train.ts");
      const task = { id: taskId, kind: "task", module, place: { module, path: "src/train.ts" } } as const;
      return shipTask(task, { backend: keeper, home: join(folder, "home"), ...options });
    },
    async run(code, { variables = {}, srun = false } = {}) {
      const job = await jobs.place(taskId, [41], { code, srun });
      const { status, stderr } = await job.start(variables).ended;
      return { status, stderr, value: status === 0 ? await job.value() : undefined };
    },
    async programs(scripts) {
      const bin = join(folder, "bin");
      await mkdir(bin, { recursive: true });
      for (const [name, script] of Object.entries(scripts)) await writeFile(join(bin, name), script, { mode: 0o755 });
      return `${bin}:${process.env["PATH"]}`;
    },
    async [Symbol.asyncDispose]() {
      await jobs[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function keeperOf(jobs: JobsInFolder, brought: number[]): FileKeeper {
  return {
    clusterName: async () => "here",
    async keptFile(_, sha256) {
      const path = join(jobs.base, "files", sha256);
      return existsSync(path) ? path : undefined;
    },
    async keepFile(_, sha256, bytes) {
      if (createHash("sha256").update(bytes).digest("hex") !== sha256) throw new Error(`this is not ${sha256}`);
      brought.push(bytes.length);
      const path = join(jobs.base, "files", sha256);
      await writeFile(path, bytes, { mode: 0o600 });
      return path;
    },
  };
}
