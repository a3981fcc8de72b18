import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { Job as JobRecord, JobBody } from "../client/client.ts";
import { readConfig } from "../config.ts";
import { SluiceError } from "../errors.ts";
import { batchOptions } from "../slurm/batch/option-table.ts";
import type { GivenOption } from "../slurm/batch/read-options.ts";
import { readScript } from "../slurm/batch/read-script.ts";
import { ArrayJob } from "./array-job.ts";
import type { Backend } from "./backend.ts";
import { findNever, readCallDependencies, type CallDependencies } from "./call-dependencies.ts";
import { toCamelCase } from "./define/option-names.ts";
import { resolveOptions, type ResolvedOptions } from "./define/resolve-options.ts";
import type { TaskDefinition, TaskOptions } from "./define/task.ts";
import { isInJob } from "./in-job/in-job.ts";
import { Job, type SignalOption } from "./job.ts";
import type { Observer } from "./observers/observer.ts";
import { tell } from "./observers/observer.ts";
import type { FollowedJob } from "./observers/job-follower.ts";
import { readScriptEnd, readTaskValue, type ScriptEnd } from "./read-value.ts";
import { readCallHeader } from "./script/read-call.ts";
import { renderTaskScript } from "./script/render-task-script.ts";
import type { CallHeader } from "./script/task-script.ts";
import type { ShippedCode } from "./shipping/shipped-code.ts";
import type { ClusterOptions, MapOptions, ScriptOptions, SubmitOptions } from "./submit-options.ts";
import { untilTaken } from "./until-taken.ts";
import { encodeArguments } from "./values/encode-arguments.ts";
import { largestArguments, type EncodedArguments } from "./values/encoded-value.ts";

/** What submits to one cluster. */
export interface PipelineDeps {
  readonly backend: Backend;
  readonly options: ClusterOptions;
  /** Those that there are just now. */
  readonly observers: () => readonly Observer[];
  /** Has observers told what becomes of a job. */
  readonly follow: (job: FollowedJob) => void;
}

/** The calls of one job or one array, as its script has them. */
interface Calls {
  readonly lines: readonly string[];
  readonly encoded: readonly EncodedArguments[];
}

/** The way from a call to a job that the scheduler has: options, arguments, dependencies, code, script, submission. */
export class Pipeline {
  readonly #deps: PipelineDeps;

  constructor(deps: PipelineDeps) {
    this.#deps = deps;
  }

  async submitTask<T>(definition: TaskDefinition, args: readonly unknown[], options: SubmitOptions): Promise<Job<T>> {
    const calls = encodeCalls(definition, [args]);
    const { record, script } = await this.#submitCalls(definition, calls, options);
    return new Job({ backend: this.#deps.backend, record, script, readValue: readTaskValue<T>(definition.id) });
  }

  async submitArray<T>(
    definition: TaskDefinition,
    items: readonly (readonly unknown[])[],
    { maxConcurrent, ...options }: MapOptions,
  ): Promise<ArrayJob<T>> {
    checkLimit(maxConcurrent);
    const calls = encodeCalls(definition, items);
    if (items.length === 0) return new ArrayJob<T>();
    const limit = maxConcurrent === undefined ? "" : `%${maxConcurrent}`;
    const { record, script } = await this.#submitCalls(definition, calls, options, `0-${items.length - 1}${limit}`);
    const { backend } = this.#deps;
    const tasks = items.map((_, index) => index);
    return new ArrayJob({ backend, record, script, tasks, readValue: readTaskValue<T>(definition.id) });
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

  async submitScript(text: string, options: ScriptOptions, byDefault?: string): Promise<Job<ScriptEnd>> {
    const { backend } = this.#deps;
    const { args, array, after, signal, ...given } = options;
    const [own] = readScript(text).components;
    const setByScript = new Set(own.map(({ option }) => option.name));
    const { sbatch, own: placed } = this.#scriptOptions(given, setByScript);
    const dependencies = await readCallDependencies({ backend, own: [], after, values: [], signal });
    const ownDependency = own.findLast(({ option }) => option.name === "dependency")?.value;
    const body: JobBody = {
      ...(byDefault !== undefined && !setByScript.has("job-name") && { name: byDefault }),
      ...bodyOptions(withDependencies(sbatch, dependencies, ownDependency)),
      ...(array !== undefined && { array }),
      script: text,
      ...(args !== undefined && { args }),
      ...placeOf(placed),
    };
    const record = await this.#submit(body, dependencies, { task: undefined, calls: 1, script: text, signal });
    return new Job({ backend, record, script: text, readValue: readScriptEnd });
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
    array?: string,
  ): Promise<{ readonly record: JobRecord; readonly script: string }> {
    const { backend, options } = this.#deps;
    const { submit } = options;
    const { sbatch, own } = resolveOptions([{ name: definition.name }, submit ?? {}, definition.options, given]);
    const values = encoded.flatMap(({ jobs }) => jobs);
    const dependencies = await readCallDependencies({ backend, own: definition.after, after, values, signal });
    const [code] = await Promise.all([this.#package(definition, own, signal), keepFiles(backend, encoded, signal)]);
    const header: CallHeader = {
      version: 1,
      task: definition.id,
      kind: definition.kind,
      name: definition.name,
      ...(options.sharedFolder !== undefined && { sharedFolder: options.sharedFolder }),
      ...(definition.kind === "workflow" && submit !== undefined && { submit }),
    };
    const script = renderTaskScript({
      header,
      options: toGiven([...withDependencies(sbatch, dependencies), ...arrayOption(array)]),
      calls: lines,
      code,
      setup: own.setup,
      srun: own.srun,
      retries: own.retries,
    });
    const told = { task: definition.id, calls: lines.length, script, signal };
    const record = await this.#submit({ script, ...placeOf(own) }, dependencies, told);
    return { record, script };
  }

  /** Options of a script; those of the cluster count only where the script says nothing. */
  #scriptOptions(given: TaskOptions, setByScript: ReadonlySet<string>): ResolvedOptions {
    const lowest = resolveOptions([this.#deps.options.submit ?? {}]);
    const own = resolveOptions([given]);
    const asked = new Set(own.sbatch.map(({ name }) => name));
    return {
      sbatch: [...lowest.sbatch.filter(({ name }) => !setByScript.has(name) && !asked.has(name)), ...own.sbatch],
      own: resolveOptions([this.#deps.options.submit ?? {}, given]).own,
    };
  }

  async #package(
    definition: TaskDefinition,
    own: ResolvedOptions["own"],
    signal: AbortSignal | undefined,
  ): Promise<ShippedCode> {
    const { backend, options, observers } = this.#deps;
    if (backend.runsNothing === true) return notShipped;
    const { shipTask } = await import("./shipping/ship.ts");
    const event = { task: definition.id };
    const began = Date.now();
    tell(observers(), "onPackagingStart", { ...event, at: began });
    const end = (error?: unknown): void => {
      const at = Date.now();
      tell(observers(), "onPackagingEnd", {
        ...event,
        at,
        durationMs: at - began,
        ...(error !== undefined && { error }),
      });
    };
    try {
      const code = await shipTask(definition, {
        backend,
        packaging: own.packaging,
        node: own.node,
        home: readConfig().home,
        ...(options.inherit !== undefined && { inherited: options.inherit }),
        ...(signal !== undefined && { signal }),
      });
      end();
      return code;
    } catch (error) {
      end(error);
      throw error;
    }
  }

  /** Hands a job over, and waits until the scheduler has it. */
  async #submit(
    body: JobBody,
    dependencies: CallDependencies,
    { task, calls, script, signal }: Told,
  ): Promise<JobRecord> {
    const { backend, observers, follow } = this.#deps;
    const cluster = await backend.clusterName(signal);
    const name = body.name ?? /^#SBATCH --job-name=(.*)$/m.exec(script)?.[1] ?? "";
    const event = { name, cluster, task, calls };
    const began = Date.now();
    tell(observers(), "onSubmitStart", { ...event, at: began });
    const end = (taken: JobRecord | undefined, error?: unknown): void => {
      const at = Date.now();
      const facts = { jobId: taken?.id, nativeId: taken?.nativeId, script: taken && script };
      tell(observers(), "onSubmitEnd", {
        ...event,
        ...facts,
        name: taken?.name ?? name,
        at,
        durationMs: at - began,
        ...(error !== undefined && { error }),
      });
    };
    try {
      const whole = { ...body, ...(dependencies.body !== undefined && { dependencies: dependencies.body }) };
      const accepted = await backend.submit(whole, { signal, idempotencyKey: crypto.randomUUID() });
      const record = await untilTaken(backend, accepted, signal);
      end(record);
      if (isInJob()) {
        const { id: jobId, nativeId } = record;
        tell(observers(), "onWorkflowTaskSubmitted", {
          at: Date.now(),
          jobId,
          nativeId,
          name: record.name,
          cluster,
          task,
          calls,
        });
      }
      follow({ record, task });
      return record;
    } catch (error) {
      const isRefusal = error instanceof SluiceError && error.code === "SUBMIT_REJECTED";
      const never = isRefusal ? await findNever(backend, dependencies, signal) : undefined;
      const why = never ?? withoutOthersJobs(error, backend);
      end(undefined, why);
      throw why;
    }
  }
}

interface Told {
  readonly task: string | undefined;
  readonly calls: number;
  readonly script: string;
  readonly signal: AbortSignal | undefined;
}

/** Code of a job that is never executed. */
const notShipped: ShippedCode = {
  packaging: "bundle",
  entry: "/mock/not-bundled.mjs",
  sha256: "0".repeat(64),
  runtime: { kind: "system", oldest: "22.18", otherwise: [] },
};

/** Throws `NOT_SERIALISABLE`, and `LIMIT_EXCEEDED` where all of them are more than a script holds. */
function encodeCalls({ bound }: TaskDefinition, calls: readonly (readonly unknown[])[]): Calls {
  const encoded = calls.map((args, index) => {
    try {
      return encodeArguments([...bound, ...args]);
    } catch (error) {
      if (calls.length === 1 || !(error instanceof SluiceError)) throw error;
      throw new SluiceError(error.code, `items[${index}]: ${error.message}`, { cause: error, details: error.details });
    }
  });
  const lines = encoded.map(({ json }) => `{"args":${json}}`);
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
  if (bytes <= largestArguments) return { lines, encoded };
  throw new SluiceError(
    "LIMIT_EXCEEDED",
    `the arguments of all ${calls.length} calls are ${bytes} bytes, and a script holds ${largestArguments}; send large data as Uint8Array, or as paths of files that all nodes see`,
    { details: { field: "items" } },
  );
}

async function keepFiles(
  backend: Backend,
  encoded: readonly EncodedArguments[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const files = new Map(encoded.flatMap((one) => one.files).map(({ sha256, bytes }) => [sha256, bytes]));
  if (files.size === 0) return;
  const cluster = await backend.clusterName(signal);
  for (const [sha256, bytes] of files) {
    const kept = await backend.keptFile(cluster, sha256, { signal });
    if (kept === undefined) await backend.keepFile(cluster, sha256, bytes, { signal });
  }
}

/** One option by its long name; without a value for a flag. */
interface Setting {
  readonly name: string;
  readonly value?: string | undefined;
}

/**
 * Adds what a job waits for beside its jobs, which the engine adds by its own ids. One that can never start any more is ended
 * by Slurm, and not left pending for ever, unless its options say otherwise.
 */
function withDependencies(
  options: readonly Setting[],
  { body, isSingleton }: CallDependencies,
  ownDependency?: string,
): readonly Setting[] {
  const given = options.find(({ name }) => name === "dependency")?.value ?? ownDependency;
  const isBound = body !== undefined && !options.some(({ name }) => name === "kill-on-invalid-dep");
  const rest = isSingleton ? options.filter(({ name }) => name !== "dependency") : options;
  return [
    ...rest,
    ...(isSingleton ? [{ name: "dependency", value: given === undefined ? "singleton" : `${given},singleton` }] : []),
    ...(isBound ? [{ name: "kill-on-invalid-dep", value: "yes" }] : []),
  ];
}

function arrayOption(array: string | undefined): readonly Setting[] {
  return array === undefined ? [] : [{ name: "array", value: array }];
}

/** sbatch's options with their rows of its table, as scripts are written from. */
function toGiven(options: readonly Setting[]): readonly GivenOption[] {
  return options.flatMap(({ name, value }): GivenOption[] => {
    const option = batchOptions.find((one) => one.name === name);
    return option === undefined ? [] : [{ option, ...(value !== undefined && { value }) }];
  });
}

/** sbatch's options as fields of a job's body. */
function bodyOptions(options: readonly Setting[]): Readonly<Record<string, string | boolean>> {
  return Object.fromEntries(
    options.map(({ name, value }) => [name === "job-name" ? "name" : toCamelCase(name), value ?? true]),
  );
}

/** What goes beside the script. */
function placeOf({ env, cwd, labels }: ResolvedOptions["own"]): Pick<JobBody, "env" | "cwd" | "labels"> {
  return {
    ...(Object.keys(env).length > 0 && { env }),
    ...(cwd !== undefined && { cwd }),
    ...(Object.keys(labels).length > 0 && { labels }),
  };
}

/** Says of a job that the cluster does not know what can be done. */
function withoutOthersJobs(error: unknown, { description }: Backend): unknown {
  if (!(error instanceof SluiceError)) return error;
  const { field } = error.details;
  if (error.code !== "INPUT_INVALID" || typeof field !== "string" || !field.startsWith("dependencies.on")) return error;
  const problem = error.message.replace(/^dependencies\S* /, "");
  return new SluiceError(
    "INPUT_INVALID",
    `${description} cannot wait for a job among the arguments, or in after: ${problem}; a job of another cluster is waited for with wait(), and its value passed on`,
    { cause: error, details: { field: "args" } },
  );
}

function checkLimit(limit: unknown): void {
  if (limit === undefined || (Number.isSafeInteger(limit) && Number(limit) > 0)) return;
  throw new SluiceError("INPUT_INVALID", `maxConcurrent takes a whole number above 0, not ${JSON.stringify(limit)}`, {
    details: { field: "maxConcurrent" },
  });
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
