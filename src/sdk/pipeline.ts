import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { Job as JobRecord } from "../client/client.ts";
import { SluiceError } from "../errors.ts";
import { readScript } from "../slurm/batch/read-script.ts";
import { ArrayJob } from "./array-job.ts";
import type { Backend } from "./backend.ts";
import { readCallDependencies } from "./call-dependencies.ts";
import { resolveOptions } from "./define/resolve-options.ts";
import type { TaskDefinition } from "./define/task-definition.ts";
import { encodeCalls, keepFiles, type Calls } from "./encode-calls.ts";
import { handOver } from "./hand-over.ts";
import { Job, type SignalOption } from "./job.ts";
import type { FollowedJob } from "./observers/job-follower.ts";
import type { Observer } from "./observers/observer.ts";
import { packageTask } from "./package-task.ts";
import { readScriptEnd, readTaskValue, type ScriptEnd } from "./read-value.ts";
import { readCallHeader } from "./script/read-call.ts";
import { renderTaskScript } from "./script/render-task-script.ts";
import type { CallHeader } from "./script/task-script.ts";
import {
  arrayOption,
  bodyOptions,
  placeOf,
  settingsForScript,
  toGiven,
  toSettings,
  withDependencies,
  type Setting,
} from "./script-settings.ts";
import type { ClusterOptions, MapOptions, ScriptOptions, SubmitOptions } from "./submit-options.ts";

/** What submits to one cluster. */
export interface PipelineDeps {
  readonly backend: Backend;
  readonly options: ClusterOptions;
  /** Those that there are just now. */
  readonly observers: () => readonly Observer[];
  /** Has observers told what becomes of a job. */
  readonly follow: (job: FollowedJob) => void;
}

/** The way from a call to a job that the scheduler has: options, arguments, dependencies, code, script, submission. */
export class Pipeline {
  readonly #deps: PipelineDeps;

  constructor(deps: PipelineDeps) {
    this.#deps = deps;
  }

  async submitTask<T>(definition: TaskDefinition, args: readonly unknown[], options: SubmitOptions): Promise<Job<T>> {
    const submitted = await this.#submitCalls(definition, encodeCalls(definition, [args]), options, []);
    return new Job({ ...submitted, backend: this.#deps.backend, readValue: readTaskValue<T>(definition.id) });
  }

  async submitArray<T>(
    definition: TaskDefinition,
    items: readonly (readonly unknown[])[],
    { maxConcurrent, ...options }: MapOptions,
  ): Promise<ArrayJob<T>> {
    const array = arrayOption(items.length, maxConcurrent);
    const calls = encodeCalls(definition, items);
    if (items.length === 0) return new ArrayJob<T>();
    const submitted = await this.#submitCalls(definition, calls, options, [array]);
    const tasks = items.map((_, index) => index);
    return new ArrayJob({
      ...submitted,
      backend: this.#deps.backend,
      tasks,
      readValue: readTaskValue<T>(definition.id),
    });
  }

  async submitScriptFile(path: string, options: ScriptOptions): Promise<Job<ScriptEnd>> {
    const bytes = await readFile(resolve(path)).catch((cause: unknown) => {
      const words = cause instanceof Error ? cause.message : String(cause);
      throw new SluiceError("FILE_UNREADABLE", `the script "${path}" cannot be read: ${words}`, {
        cause,
        details: { path },
      });
    });
    return this.submitScript(decodeScript(bytes, path), options, basename(path));
  }

  /** `name` is what its job is called where neither options nor the script say. */
  async submitScript(script: string, options: ScriptOptions, name?: string): Promise<Job<ScriptEnd>> {
    const { backend } = this.#deps;
    const { args, array, after, signal, ...given } = options;
    const [ofScript] = readScript(script).components;
    const { sbatch, own } = settingsForScript(this.#deps.options.submit ?? {}, given, ofScript);
    const dependencies = await readCallDependencies({ backend, own: [], after, values: [], signal });
    const ownName = [...sbatch, ...toSettings(ofScript)].find((setting) => setting.name === "job-name")?.value;
    const body = {
      ...(name !== undefined && ownName === undefined && { name }),
      ...bodyOptions(withDependencies(sbatch, dependencies, ofScript)),
      ...(array !== undefined && { array }),
      script,
      ...(args !== undefined && { args }),
      ...placeOf(own),
    };
    const record = await handOver(this.#deps, { body, dependencies, name: ownName ?? name ?? "", calls: 1, signal });
    return new Job({ backend, record, script, readValue: readScriptEnd });
  }

  async findJob(id: string, options: SignalOption): Promise<Job> {
    const { record, script, readValue } = await this.#find(id, options);
    if (record.tasks === undefined) return new Job({ backend: this.#deps.backend, record, script, readValue });
    throw new SluiceError(
      "INPUT_INVALID",
      `job ${id} is an array of ${record.tasks.length} tasks; use cluster.arrayJob`,
      {
        details: { field: "id" },
      },
    );
  }

  async findArray(id: string, options: SignalOption): Promise<ArrayJob> {
    const { record, script, readValue } = await this.#find(id, options);
    const { tasks } = record;
    if (tasks === undefined)
      throw new SluiceError("INPUT_INVALID", `job ${id} is no array; use cluster.job`, { details: { field: "id" } });
    return new ArrayJob({ backend: this.#deps.backend, record, script, tasks, readValue });
  }

  async #find(id: string, { signal }: SignalOption) {
    const { backend } = this.#deps;
    const [record, bytes] = await Promise.all([backend.job(id, { signal }), backend.script(id, { signal })]);
    const script = new TextDecoder().decode(bytes);
    const header = readCallHeader(script);
    return { record, script, readValue: header === undefined ? readScriptEnd : readTaskValue<unknown>(header.task) };
  }

  async #submitCalls(
    definition: TaskDefinition,
    { lines, encoded }: Calls,
    { after, signal, ...given }: SubmitOptions,
    more: readonly Setting[],
  ): Promise<{ readonly record: JobRecord; readonly script: string }> {
    const { backend, options } = this.#deps;
    const { submit, sharedFolder } = options;
    const { id: task, kind } = definition;
    const { sbatch, own } = resolveOptions([{ name: definition.name }, submit ?? {}, definition.options, given]);
    const name = sbatch.find((setting) => setting.name === "job-name")?.value ?? definition.name;
    const values = encoded.flatMap(({ jobs }) => jobs);
    const dependencies = await readCallDependencies({ backend, own: definition.after, after, values, signal });
    const [code] = await Promise.all([
      packageTask(this.#deps, definition, own, signal),
      keepFiles(backend, encoded, signal),
    ]);
    const header: CallHeader = {
      version: 1,
      task,
      kind,
      name,
      ...(sharedFolder !== undefined && { sharedFolder }),
      ...(kind === "workflow" && submit !== undefined && { submit }),
    };
    const { setup, srun, retries } = own;
    const settings = toGiven([...withDependencies(sbatch, dependencies), ...more]);
    const script = renderTaskScript({ header, options: settings, calls: lines, code, setup, srun, retries });
    const body = { script, ...placeOf(own) };
    const record = await handOver(this.#deps, { body, dependencies, name, task, calls: lines.length, signal });
    return { record, script };
  }
}

function decodeScript(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new SluiceError("SCRIPT_INVALID", `the script "${path}" is not UTF-8, in which a job is handed in`, {
      cause,
    });
  }
}
