// A process that runs the engine, to be killed: `node engine-process.ts SETTINGS`, see `EngineSettings`. It says
// `{"ready":true}`, then answers each line of its input, `{number, submit}` or `{number, cancel}`, with one of the same
// number, and goes on until it is killed or whoever started it has gone.
import { createInterface } from "node:readline";
import { z } from "zod";
import { createSlurmCluster } from "../../src/clusters/slurm/slurm-cluster.ts";
import { readConfig } from "../../src/config.ts";
import { systemClock } from "../../src/jobs/clock.ts";
import type { Cluster } from "../../src/jobs/cluster.ts";
import { createEngine } from "../../src/jobs/engine/engine.ts";
import type { Runner } from "../../src/jobs/runner.ts";
import { createLocalRunner } from "../../src/remote/local-runner.ts";
import { SshChannel } from "../../src/remote/ssh/channel.ts";
import { createSshRunner } from "../../src/remote/ssh/ssh-runner.ts";
import { SshDestination } from "../../src/schema/ssh-destination.ts";
import { openStore } from "../../src/store/registry.ts";

const EngineSettings = z.strictObject({
  /** Holds the store and the folders of jobs. */
  folder: z.string(),
  slurmConf: z.string(),
  /** The login node that the cluster is reached over; this host where absent. */
  ssh: SshDestination.optional(),
  /** A step at which the process kills itself, the so many-th time that it is reached. */
  crashAt: z.strictObject({ step: z.string(), count: z.int().min(1) }).optional(),
});
export type EngineSettings = z.input<typeof EngineSettings>;

const Ask = z.strictObject({
  number: z.int(),
  submit: z
    .array(
      z.strictObject({
        script: z.string(),
        name: z.string(),
        idempotencyKey: z.string(),
        options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
      }),
    )
    .optional(),
  cancel: z.array(z.string()).optional(),
});
export type Ask = z.input<typeof Ask>;

const { folder, slurmConf, ssh, crashAt } = EngineSettings.parse(JSON.parse(process.argv[2] ?? ""));
const { environment } = readConfig();

let reached = 0;
/** Ends as by a power cut, at the step that the test named. */
function dieAt(step: string): void {
  if (step !== crashAt?.step) return;
  reached += 1;
  if (reached >= crashAt.count) process.kill(process.pid, "SIGKILL");
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
    async output(...args) {
      const program = args[0].argv.includes("sbatch") ? "sbatch" : args[0].argv[0];
      const output = runner.output(...args);
      dieAt(`${program}-started`);
      const ended = await output;
      dieAt(`${program}-answered`);
      return ended;
    },
    async run(command, options) {
      return command.parse(await this.output(command, options));
    },
  };
}

const channel =
  ssh === undefined
    ? undefined
    : new SshChannel({ destination: ssh, env: environment, clock: systemClock, random: Math.random });

async function openCluster(): Promise<Cluster> {
  const options = { name: "bare", base: folder };
  if (channel === undefined) {
    const runner = watched(createLocalRunner({ env: environment }));
    return createSlurmCluster({ ...options, runner, environment });
  }
  const { signal } = new AbortController();
  const greeting = await channel.greeting({ what: "login", deadlineMs: 30_000, signal });
  const env = { SLURM_CONF: slurmConf };
  const runner = watched(createSshRunner({ channel, env }));
  return createSlurmCluster({ ...options, runner, environment: { ...greeting.environment, ...env } });
}

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
    open: openCluster,
    defaultName: async () => "bare",
  },
});
engine.start();

const caller = { subject: "ada", role: "user" } as const;
const say = (words: object): void => void process.stdout.write(`${JSON.stringify(words)}\n`);

async function answer({ number, submit = [], cancel = [] }: z.output<typeof Ask>): Promise<void> {
  // Whoever asked knows with the answer that these are stored.
  const answers = submit.length === 0 ? [] : await engine.submit(submit, caller);
  await Promise.all(cancel.map((id) => engine.act(id, "cancel", caller, AbortSignal.timeout(60_000))));
  say({ number, ids: answers.map((one) => ("job" in one ? one.job?.id : null)) });
}

say({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  // A cancel may wait for a cluster that does not answer; what is asked for next does not wait for it.
  const ask = Ask.parse(JSON.parse(line));
  answer(ask).catch((error: unknown) => say({ number: ask.number, error: String(error) }));
}
// Whoever started it has gone.
process.exit(0);
