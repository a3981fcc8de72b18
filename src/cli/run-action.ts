import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { ulid } from "ulid";
import { assembleClusters } from "../assemble.ts";
import { SluiceError } from "../errors.ts";
import { chooseCluster } from "../jobs/choose-cluster.ts";
import { systemClock } from "../jobs/clock.ts";
import type { Cluster, SubmittedJob, SubmitRequest } from "../jobs/cluster.ts";
import type { LauncherDeps } from "../launcher/clusters.ts";
import { runJob, toRecord } from "../jobs/run-job.ts";
import type { JobRecord } from "../schema/job.ts";
import type { Context } from "./command.ts";
import { commandScript, readRunArguments, type RunArguments } from "./run-arguments.ts";
import { RunOutput } from "./run-output.ts";
import { RunView } from "./run-view.ts";

/** `sluice run`. Returns the job's own exit code; 130 for a run that was interrupted. */
export async function run(context: Context, argv: readonly string[], showHelp: () => void): Promise<number> {
  const args = readRunArguments(argv);
  if (args.help) {
    showHelp();
    return 0;
  }
  const { io, signal } = context;
  const screen = { lineIsOpen: false };
  const say = (line: string): void => {
    if (args.quiet) return;
    // On a terminal a job's unterminated line is ended first; in files and pipes its bytes stay as they are.
    const end = screen.lineIsOpen && io.isTTY && io.errIsTTY ? "\n" : "";
    screen.lineIsOpen = false;
    io.err(`${end}sluice: ${line}\n`);
  };
  const request = await readRequest(args, context.cwd);
  const config = await context.config();
  const launcher = async (): Promise<LauncherDeps> =>
    (await import("../assemble-launcher.ts")).assembleLauncher(config);
  const { cluster, because } = await chooseCluster(assembleClusters({ config, signal, launcher }), {
    name: args.cluster,
    testCluster: config.testCluster,
    cwd: context.cwd,
  });
  if (cluster.kind === "process" && args.cluster === undefined) {
    say(`${because}: the job runs as a plain process of this machine, with the variables that Slurm would set`);
  }

  const followed = await follow({ context, args, cluster, request, say, screen });
  if (followed === undefined) return 130;
  const { job, record } = followed;
  if (!args.keep) await cluster.forget(job, AbortSignal.timeout(cleanUpMs));
  else say(`kept in ${job.directory}`);
  if (args.json) io.out(`${JSON.stringify(args.keep ? { ...record, directory: job.directory } : record)}\n`);
  return signal.aborted && record.state !== "completed" ? 130 : record.exitCode;
}

/** The folder of a job is small; a file system that takes longer is not worth waiting for. */
const cleanUpMs = 10_000;

async function follow({
  context,
  args,
  cluster,
  request,
  say,
  screen,
}: {
  readonly context: Context;
  readonly args: RunArguments;
  readonly cluster: Cluster;
  readonly request: SubmitRequest;
  readonly say: (line: string) => void;
  readonly screen: { lineIsOpen: boolean };
}): Promise<{ readonly job: SubmittedJob; readonly record: JobRecord } | undefined> {
  const { io, signal, urgent } = context;
  const view = new RunView(cluster.name, say);
  let output = new RunOutput(io, { wholeLines: false, toStderr: args.json });
  let job: SubmittedJob | undefined;
  const options = { signal, urgent, ...(args.timeoutMs !== undefined && { deadlineMs: args.timeoutMs }) };
  try {
    for await (const event of runJob({ cluster, clock: systemClock }, request, options)) {
      view.tell(event);
      if (event.type === "submitted") {
        ({ job } = event);
        output = new RunOutput(io, { wholeLines: job.tasks !== undefined, toStderr: args.json });
      } else if (event.type === "output") {
        output.pass(event);
        screen.lineIsOpen = event.bytes.at(-1) !== 0x0a;
        await io.drained();
      } else if (event.type === "ended" && job !== undefined) {
        output.end();
        const record = toRecord(cluster, job, request.name, event.observations);
        view.end(record);
        return { job, record };
      }
    }
  } catch (error) {
    output.end();
    if (job === undefined || !(error instanceof SluiceError)) throw error;
    const asked = signal.aborted ? "was asked to end, and" : "goes on; it";
    say(`job ${job.nativeId} on ${cluster.name} ${asked} was left to itself; its folder is ${job.directory}`);
    if (cluster.kind === "slurm") say(`follow it with: squeue --jobs=${job.nativeId}`);
    if (!urgent.aborted) throw error;
  }
  return undefined;
}

async function readRequest({ job, options }: RunArguments, cwd: string): Promise<SubmitRequest> {
  const common = { jobId: ulid(), options, workDirectory: cwd };
  if ("command" in job) return { ...common, ...commandScript(job.command), args: [] };
  const path = resolve(cwd, job.script);
  try {
    return { ...common, name: basename(path), script: await readFile(path), args: job.args };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new SluiceError("FILE_UNREADABLE", `the script "${job.script}" cannot be read: ${words}`, {
      cause: error,
      details: { field: "SCRIPT", path },
    });
  }
}
