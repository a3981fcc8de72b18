import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { spawn, type ChildProcess } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findOption } from "../src/slurm/batch/option-table.ts";
import { readEnvelope, resultName } from "../src/sdk/in-job/result-envelope.ts";
import { renderTaskScript } from "../src/sdk/script/render-task-script.ts";
import type { TaskScript } from "../src/sdk/script/task-script.ts";
import type { ShippedCode } from "../src/sdk/shipping/shipped-code.ts";
import { decodeValue } from "../src/sdk/values/decode-value.ts";
import { encodeArguments } from "../src/sdk/values/encode-arguments.ts";

/** The folders of jobs, and the calls in them run as plain processes, as a batch script would be. */
export interface JobsInFolder extends AsyncDisposable {
  readonly base: string;
  /** Places a job whose call is that of a task of `tasks-in-job.ts`. */
  place(task: string, args: readonly unknown[], rest?: Partial<TaskScript>): Promise<PlacedJob>;
}

export interface PlacedJob {
  readonly id: string;
  readonly folder: string;
  /** Starts its script; Slurm's variables are what is given. */
  start(variables?: Readonly<Record<string, string>>): RunningScript;
  /** The value; throws what the function threw. */
  value(task?: number): Promise<unknown>;
  /** What is in `files`. */
  files(): Promise<readonly string[]>;
}

export interface RunningScript {
  readonly process: ChildProcess;
  readonly ended: Promise<{ status: number | null; signal: NodeJS.Signals | null; stderr: string }>;
}

const here = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);

/** The code of jobs: what a bundle does, of modules that are not put together. */
export function taskCode(): string {
  return [
    `import { runInJob } from ${here("../src/sdk/in-job/run-in-job.ts")};`,
    `await runInJob({ load: () => import(${here("tasks-in-job.ts")}) });\n`,
  ].join("\n");
}

/** The same of workflows. */
export function workflowCode(): string {
  return [
    `import { runInJob } from ${here("../src/sdk/in-job/run-in-job.ts")};`,
    `import { openWorkflowCluster } from ${here("../src/sdk/in-job/open-workflow-cluster.ts")};`,
    `await runInJob({ load: () => import(${here("workflows-in-job.ts")}), openCluster: openWorkflowCluster });\n`,
  ].join("\n");
}

/** Keeps code in the folder of a cluster's jobs. */
export async function keepCode(base: string, code: string): Promise<ShippedCode> {
  const sha256 = createHash("sha256").update(code).digest("hex");
  await mkdir(join(base, "files"), { recursive: true });
  await writeFile(join(base, "files", sha256), code);
  const runtime = { kind: "path", oldest: "22.18", path: process.execPath } as const;
  return { packaging: "bundle", entry: join(base, "files", sha256), sha256, runtime };
}

/** The script of a call of one of those tasks. */
export function scriptOf(task: string, code: ShippedCode, rest: Partial<TaskScript> = {}): string {
  return renderTaskScript({
    header: { version: 1, task, kind: "task", name: task },
    options: [{ option: findOption("job-name"), value: task }],
    calls: ['{"args":[]}'],
    code,
    ...rest,
  });
}

/** What a call has left in its job's folder; throws what the function threw. */
export async function valueIn(folder: string, task?: number): Promise<unknown> {
  const envelope = readEnvelope(await readFile(join(folder, "files", resultName(task)), "utf8"));
  const file = (reference: { name: string } | { sha256: string }): Promise<Uint8Array> =>
    readFile(join(folder, "files", "name" in reference ? reference.name : reference.sha256));
  if (envelope.status === "ok") return decodeValue(envelope.value, { file });
  throw await decodeValue(envelope.error, { file });
}

/** Their base folder has a name that no shell likes. */
export async function openJobsInFolder(): Promise<JobsInFolder> {
  const base = await mkdtemp(join(tmpdir(), "jobs it's \"$(id)` "));
  const code = await keepCode(base, taskCode());
  let jobs = 0;
  return {
    base,
    async place(task, args, rest = {}) {
      const id = `01JD${String((jobs += 1)).padStart(22, "0")}`;
      const folder = join(base, "jobs", id);
      await mkdir(folder, { recursive: true });
      const { json, files } = encodeArguments(args);
      for (const { sha256, bytes } of files) await writeFile(join(base, "files", sha256), bytes);
      const script = scriptOf(task, code, { calls: [`{"args":${json}}`], ...rest });
      await writeFile(join(folder, "user-script"), script, { mode: 0o700 });
      return {
        id,
        folder,
        start: (variables = {}) => startScript(folder, variables),
        files: async () => (await readdir(join(folder, "files"))).sort(),
        value: (index) => valueIn(folder, index),
      };
    },
    [Symbol.asyncDispose]: () => rm(base, { recursive: true, force: true }),
  };
}

function startScript(directory: string, variables: Readonly<Record<string, string>>): RunningScript {
  const process_ = spawn(join(directory, "user-script"), [], {
    cwd: tmpdir(),
    env: { PATH: process.env["PATH"], ...variables },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  process_.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return {
    process: process_,
    ended: new Promise((resolve, reject) => {
      process_.once("error", reject);
      process_.once("close", (status, signal) => resolve({ status, signal, stderr }));
    }),
  };
}
