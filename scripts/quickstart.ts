import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { JobRecord } from "../src/schema/job.ts";
import { root, say } from "./step.ts";

const main = join(root, "src", "cli", "main.ts");
/** The pid keeps two quickstarts, or one and what is left of a killed one, apart. */
const cluster = `quickstart-${process.pid}`;

/** Seconds; the examples take a second or two. */
const jobDeadline = "300";

/** What each example shows, and whether a machine without Slurm can run it as a plain process. */
const examples = [
  { script: "examples/hello.sh", shows: "a CPU job", plain: true },
  { script: "examples/gpu.sh", shows: "two simulated GPUs", plain: false },
  { script: "examples/array.sh", shows: "an array of six tasks", plain: true },
  { script: "examples/mpi-like.sh", shows: "two nodes by srun", plain: false },
] as const;

interface Row {
  readonly script: string;
  readonly shows: string;
  readonly nodes: string;
  readonly seconds: number | undefined;
  readonly outcome: string;
}

/**
 * Makes a cluster, runs the examples on it, shows what ran where, and removes the cluster again, also where something
 * failed or the user gave up. Every step is a command that the user could have typed.
 */
export async function quickstart({ withSlurm }: { readonly withSlurm: boolean }): Promise<number> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal).on("SIGHUP", onSignal);
  const stage = { folder: mkdtempSync(join(tmpdir(), "sluice-quickstart-")), signal: stop.signal };
  try {
    const { rows, code } = withSlurm ? await onACluster(stage) : await onThisMachine(stage);
    if (rows.length > 0) console.log(`\n${table(rows)}`);
    if (stop.signal.aborted) return 130;
    if (code === 0) console.log(`\n${nextCommands(withSlurm)}`);
    return code;
  } finally {
    rmSync(stage.folder, { recursive: true, force: true });
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal).off("SIGHUP", onSignal);
  }
}

/** Where a quickstart plays. */
interface Stage {
  /** Holds all that is made, the jobs' store too: the user's own is not written to. */
  readonly folder: string;
  /** Ends the commands that hear of it. */
  readonly signal: AbortSignal;
}

async function onACluster(stage: Stage): Promise<{ rows: Row[]; code: number }> {
  try {
    // An ephemeral cluster ends with this process, also where that is killed outright.
    const options = ["--preset", "full", "--start", "--ephemeral", "--output-dir", stage.folder];
    const created = await sluice(["cluster", "create", "--name", cluster, ...options], stage);
    if (created.code !== 0) return { rows: [], code: created.code };
    const status = await sluice(["cluster", "status", "--name", cluster], stage);
    console.log(status.stdout);
    return await runExamples(["--cluster", cluster], examples, stage);
  } finally {
    // Not given up on Ctrl-C: a quickstart leaves nothing behind.
    await sluice(["cluster", "destroy", "--name", cluster], { folder: stage.folder });
  }
}

/** Without Slurm `sluice run` takes scripts as plain processes, which have neither several nodes nor GPUs. */
async function onThisMachine(stage: Stage): Promise<{ rows: Row[]; code: number }> {
  const { rows, code } = await runExamples(
    ["--cluster", "process"],
    examples.filter(({ plain }) => plain),
    stage,
  );
  const left = examples.filter(({ plain }) => !plain);
  return { rows: [...rows, ...left.map(({ script, shows }) => needsSlurm(script, shows))], code };
}

function needsSlurm(script: string, shows: string): Row {
  return { script, shows, nodes: "-", seconds: undefined, outcome: "needs Slurm" };
}

async function runExamples(
  options: readonly string[],
  list: readonly { script: string; shows: string }[],
  stage: Stage,
): Promise<{ rows: Row[]; code: number }> {
  const rows: Row[] = [];
  let code = 0;
  for (const { script, shows } of list) {
    if (stage.signal.aborted) break;
    const started = performance.now();
    const run = await sluice(["run", ...options, "--timeout", jobDeadline, "--json", script], stage);
    const seconds = (performance.now() - started) / 1000;
    if (run.code !== 0) code = run.code;
    rows.push({
      script,
      shows,
      nodes: nodesOf(run.stdout),
      seconds,
      outcome: run.code === 0 ? "done" : `exit ${run.code}`,
    });
  }
  return { rows, code };
}

/** The nodes that a final record names, each once; a plain process has none. */
function nodesOf(json: string): string {
  if (json.trim() === "") return "-";
  const { tasks } = JobRecord.parse(JSON.parse(json));
  const nodes = new Set(tasks.flatMap((task) => (task.nodes === undefined ? [] : [task.nodes])));
  return nodes.size === 0 ? "this machine" : [...nodes].sort().join(" ");
}

/**
 * Runs one command of the command line in sight of the user; what it prints as a result is taken, not shown. In a session
 * of its own it hears of a Ctrl-C once, and only where `signal` is given.
 */
async function sluice(
  args: readonly string[],
  { folder, signal }: Pick<Stage, "folder"> & Partial<Stage>,
): Promise<{ code: number; stdout: string }> {
  say(`sluice ${args.join(" ")}`);
  const child = spawn(process.execPath, [main, ...args], {
    cwd: root,
    env: { ...process.env, SLUICE_STORE: join(folder, "jobs.db") },
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  const forward = (): void => void child.kill("SIGINT");
  signal?.addEventListener("abort", forward);
  const ended = new Promise<number>((resolve) => child.once("close", (code) => resolve(code ?? 130)));
  const stdout = await text(child.stdout);
  const code = await ended;
  signal?.removeEventListener("abort", forward);
  return { code, stdout };
}

function table(rows: readonly Row[]): string {
  const cells = [
    ["example", "shows", "ran on", "seconds", "outcome"],
    ...rows.map(({ script, shows, nodes, seconds, outcome }) => [
      script,
      shows,
      nodes,
      seconds?.toFixed(1) ?? "-",
      outcome,
    ]),
  ];
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))) ?? [];
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function nextCommands(withSlurm: boolean): string {
  const commands = withSlurm
    ? [
        ["sluice cluster create --name dev --preset gpu --start", "a cluster that stays"],
        ["sluice run --cluster dev examples/gpu.sh", "a job on it"],
        ["sluice cluster destroy --name dev", "and away with it"],
      ]
    : [
        ["sluice doctor", "what is missing on this machine, and how to get it"],
        ["sluice run examples/array.sh", "an array as plain processes"],
        ["sluice run --help", "all that a job can ask for"],
      ];
  const width = Math.max(...commands.map(([command = ""]) => command.length));
  const lines = commands.map(([command = "", what]) => `  npx ${command.padEnd(width)}   # ${what}`);
  return ["Next, try:", ...lines].join("\n");
}
