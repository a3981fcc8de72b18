import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { readEnvironment } from "../../environment.ts";
import { SluiceError } from "../../errors.ts";
import { registeredTask, registeredTasks } from "../define/registry.ts";
import type { TaskDefinition } from "../define/task-definition.ts";
import { readCall } from "../script/read-call.ts";
import type { CallHeader } from "../script/task-script.ts";
import { decodeValue } from "../values/decode-value.ts";
import { callFunction } from "./call-function.ts";
import { CallRecord } from "./call-record.ts";
import { enterJob, whileLoading } from "./in-job.ts";
import { readJobContext, setJobContext } from "./job-context.ts";
import { dieOf, StopSignal } from "./stop-signal.ts";
import { valueOfJob } from "./value-of-job.ts";
import type { OpenWorkflowCluster } from "./workflow-context.ts";

export interface RunInJob {
  /** Loads the module that defines the task function, which registers itself. */
  readonly load: () => Promise<unknown>;
  /** Opens the cluster that a workflow submits to; the code of a workflow alone has it. */
  readonly openCluster?: OpenWorkflowCluster | undefined;
}

/**
 * The whole life of one call in its job, `node <code> <job folder>`: reads the call from the job's script, loads the module,
 * calls the function, and leaves its value, or what it threw, in `<job folder>/files`. It ends the process, with status 0 where
 * there is a value, 1 where the function threw, and 74 where nothing could be written; or by the signal that ended it.
 *
 * Each task of an array does this anew, so nothing is loaded here that most calls have no use for.
 */
export async function runInJob({ load, openCluster }: RunInJob): Promise<void> {
  enterJob();
  const folder = resolve(process.argv[2] ?? ".");
  const environment = readEnvironment();
  const script = readFileSync(join(folder, "user-script"), "utf8");
  const { header, task, args } = readCall(script, environment["SLURM_ARRAY_TASK_ID"]);

  const stop = new StopSignal(() => record.stop());
  const host = environment["SLURMD_NODENAME"] ?? process.getBuiltinModule("node:os").hostname();
  const sharedFolder = header.sharedFolder ?? join(folder, "shared");
  const startedAt = new Date();
  const place = { folder, sharedFolder, task, hostname: host, now: startedAt, signal: stop.wanted };
  const context = readJobContext(environment, place);
  const { rank, attempt } = context;
  const record = new CallRecord({ folder, task, rank, attempt, host, startedAt });
  setJobContext(context);
  record.begin(sharedFolder);
  watchForOtherEnds(record, stop);
  try {
    await whileLoading(load);
    const definition = definitionOf(header);
    const values = await decodeValue(args, {
      file: (file) => readFileSync(keptPath(file, header.keptFolder ?? join(dirname(dirname(folder)), "files"))),
      job: (job) => valueOfJob(job, { jobsFolder: dirname(folder), signal: stop.unheard }),
    });
    if (!Array.isArray(values)) throw new SluiceError("VALUE_UNREADABLE", "the arguments of the call are no list");
    const value = await callFunction({ definition, args: values, context, header, environment, host, openCluster });
    process.exit(record.succeed(value));
  } catch (error) {
    const exit = record.fail(error);
    if (stop.stoppedBy !== undefined) dieOf(stop.stoppedBy);
    process.exit(exit);
  }
}

/** Ends of the process that the function did not come to by returning or throwing. */
function watchForOtherEnds(record: CallRecord, stop: StopSignal): void {
  process.on("uncaughtException", (error) => process.exit(record.fail(error)));
  process.on("beforeExit", () => {
    process.exit(
      record.fail(
        new Error("the function will never return: it waits for a promise, and nothing is left that could settle it"),
      ),
    );
  });
  process.on("exit", (code) => {
    if (record.isSettled || stop.stoppedBy !== undefined) return;
    process.exitCode = record.fail(
      new Error(`the function called process.exit(${code}) before it returned; return a value, or throw`),
    );
  });
}

function definitionOf({ task, kind }: CallHeader): TaskDefinition {
  const definition = registeredTask(task);
  if (definition?.kind === kind) return definition;
  const known = registeredTasks().map(({ id }) => id);
  throw new SluiceError(
    "TASK_NOT_REGISTERED",
    `the ${kind} ${JSON.stringify(task)} is not registered when its module is loaded in the job; there ${
      known.length === 0 ? "is none at all" : `are ${known.join(", ")}`
    }; define it at the top level of the module, not in a function or a condition`,
    { details: { task } },
  );
}

function keptPath(file: { readonly sha256: string } | { readonly name: string }, folder: string): string {
  if ("sha256" in file && /^[0-9a-f]{64}$/.test(file.sha256)) return join(folder, file.sha256);
  throw new SluiceError("VALUE_UNREADABLE", "an argument names bytes that no cluster keeps");
}
