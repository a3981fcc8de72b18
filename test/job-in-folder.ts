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

/** The code of jobs: what a bundle does, of modules that are not put together. */
export function taskCode(tasks = new URL("tasks-in-job.ts", import.meta.url).href): string {
  const runner = new URL("../src/sdk/in-job/run-in-job.ts", import.meta.url).href;
  return `import { runInJob } from "${runner}";\nawait runInJob({ load: () => import("${tasks}") });\n`;
}

/** Their base folder has a name that no shell likes. */
export async function openJobsInFolder({
  base,
  code = taskCode(),
}: { base?: string; code?: string } = {}): Promise<JobsInFolder> {
  const folder = base ?? (await mkdtemp(join(tmpdir(), "jobs it's \"$(id)` ")));
  const sha256 = createHash("sha256").update(code).digest("hex");
  await mkdir(join(folder, "files"), { recursive: true });
  await writeFile(join(folder, "files", sha256), code);
  const shipped: ShippedCode = {
    packaging: "bundle",
    entry: join(folder, "files", sha256),
    sha256,
    runtime: { kind: "path", oldest: "22.18", path: process.execPath },
  };
  let jobs = 0;
  return {
    base: folder,
    async place(task, args, rest = {}) {
      const id = `01JD${String((jobs += 1)).padStart(22, "0")}`;
      const directory = join(folder, "jobs", id);
      await mkdir(directory, { recursive: true });
      const { json, files } = encodeArguments(args);
      for (const { sha256: hash, bytes } of files) await writeFile(join(folder, "files", hash), bytes);
      const script = renderTaskScript({
        header: { version: 1, task, kind: "task", name: task },
        options: [{ option: findOption("job-name"), value: task }],
        calls: [`{"args":${json}}`],
        code: shipped,
        ...rest,
      });
      await writeFile(join(directory, "user-script"), script, { mode: 0o700 });
      return {
        id,
        folder: directory,
        start: (variables = {}) => startScript(directory, variables),
        files: async () => (await readdir(join(directory, "files"))).sort(),
        async value(index) {
          const envelope = readEnvelope(await readFile(join(directory, "files", resultName(index)), "utf8"));
          const file = (reference: { name: string } | { sha256: string }): Promise<Uint8Array> =>
            readFile(join(directory, "files", "name" in reference ? reference.name : reference.sha256));
          if (envelope.status === "ok") return decodeValue(envelope.value, { file });
          throw await decodeValue(envelope.error, { file });
        },
      };
    },
    async [Symbol.asyncDispose]() {
      if (base === undefined) await rm(folder, { recursive: true, force: true });
    },
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
