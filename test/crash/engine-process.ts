// A process that runs the engine, to be killed: `node engine-process.ts FOLDER`. Reads one line of JSON requests from
// stdin, submits them in parts, and goes on until it is killed, or until all jobs have reached their end or their hold.
// SLUICE_CRASH_AT names a step at which it kills itself, `step:count`, the so many-th time that it is reached.
import { createInterface } from "node:readline";
import { createSlurmCluster } from "../../src/clusters/slurm/slurm-cluster.ts";
import { readConfig } from "../../src/config.ts";
import { systemClock } from "../../src/jobs/clock.ts";
import { createEngine } from "../../src/jobs/engine/engine.ts";
import type { JobRequest } from "../../src/jobs/job-service.ts";
import type { Runner } from "../../src/jobs/runner.ts";
import { createLocalRunner } from "../../src/remote/local-runner.ts";
import { openStore } from "../../src/store/registry.ts";

const folder = process.argv[2] ?? "";
const { environment } = readConfig();
const [crashStep = "", crashCount = "1"] = (environment["SLUICE_CRASH_AT"] ?? "").split("#");

let reached = 0;
/** Ends as by a power cut, at the step that the test named. */
function dieAt(step: string): void {
  if (step !== crashStep) return;
  reached += 1;
  if (reached >= Number(crashCount)) process.kill(process.pid, "SIGKILL");
}

/** What happens on the cluster's host is a step too, before it happens and after. */
function watched(runner: Runner): Runner {
  return {
    ...runner,
    async makeDirectory(...args) {
      dieAt("before-folder");
      const made = await runner.makeDirectory(...args);
      dieAt("folder-made");
      return made;
    },
    async writeFile(...args) {
      await runner.writeFile(...args);
      dieAt(`written-${args[0].split("/").at(-1) ?? ""}`);
    },
    async output(...args) {
      const program = args[0].argv.includes("sbatch") ? "sbatch" : args[0].argv[0];
      const output = runner.output(...args);
      dieAt(`${program}-started`);
      const answer = await output;
      dieAt(`${program}-answered`);
      return answer;
    },
    async run(command, options) {
      return command.parse(await this.output(command, options));
    },
  };
}

const runner = watched(createLocalRunner({ env: environment }));
const store = await openStore({ url: `${folder}/jobs.db`, clock: systemClock });
const engine = createEngine({
  store,
  clock: systemClock,
  holder: `process ${process.pid}`,
  // So short that the next process need not wait for it, and that a slow moment loses it.
  leaseMs: 400,
  steps: { reached: dieAt },
  report: (error) => process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`),
  directory: {
    list: async () => [
      { name: "bare", kind: "slurm", identity: "1", budget: { burst: Infinity, perSecond: Infinity } },
    ],
    open: async () => createSlurmCluster({ name: "bare", base: folder, runner, environment }),
    defaultName: async () => "bare",
  },
});
engine.start();
process.on("SIGTERM", () => {
  void (async () => {
    await engine[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    process.exit(0);
  })();
});

const caller = { subject: "ada", role: "user" } as const;
for await (const line of createInterface({ input: process.stdin })) {
  const requests: readonly JobRequest[] = JSON.parse(line);
  const answers = await engine.submit(requests, caller);
  // Whoever asked knows now that these are stored.
  process.stdout.write(`${JSON.stringify(answers.map((answer) => ("job" in answer ? answer.job?.id : null)))}\n`);
}
// Whoever started it has gone.
process.exit(0);
