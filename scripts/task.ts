// The tasks behind the `npm` scripts, run by this project's own Node. prepare.mjs calls it once the packages are there.
import { ensurePython, ensureSlurm } from "./install-slurm.ts";
import { runTests } from "./run-tests.ts";
import { say, step } from "./step.ts";

type Task = (args: readonly string[]) => Promise<number>;

const tasks: Readonly<Record<string, Task>> = {
  /** Nothing but what every task begins with: the npm packages, and Slurm. */
  setup: async () => {
    const slurm = await ensureSlurm();
    say(slurm.ready ? "everything is here" : `Slurm is not on this machine. To have it, run: ${slurm.command}`);
    return slurm.ready ? 0 : 69;
  },

  test: runTests,

  /** Types, lint, format and tests; every one is run, so that one look shows all there is to mend. */
  check: async (args) => {
    const failed: string[] = [];
    const part = async (name: string, run: () => Promise<number>): Promise<void> => {
      say(name);
      if ((await run()) !== 0) failed.push(name);
    };
    await part("types", () => step(["tsc", "--noEmit"]));
    await part("lint", () => step(["oxlint", "--type-aware", "--deny-warnings"]));
    await part("format", () => step(["oxfmt", "--check"]));
    if (args.includes("--no-tests")) say("tests: left out, as --no-tests asks");
    else await part("tests", () => runTests(args));
    say(failed.length === 0 ? "check: all is well" : `check: failed: ${failed.join(", ")}`);
    return failed.length === 0 ? 0 : 1;
  },

  quickstart: async () => {
    const slurm = await ensureSlurm();
    if (!slurm.ready) {
      say(`Slurm is not on this machine. To have it, run: ${slurm.command}`);
      say("going on without: the examples run as plain processes on this machine (kind `process`)");
    }
    const { quickstart } = await import("./quickstart.ts");
    return quickstart({ withSlurm: slurm.ready });
  },

  build: async () => (await import("./build.ts")).build(),

  bench: async (args) => {
    const slurm = await ensureSlurm();
    if (!slurm.ready) {
      say(`the benchmarks need Slurm on this machine. Run: ${slurm.command}`);
      return 69;
    }
    const { build } = await import("./build.ts");
    const built = await build();
    return built === 0 ? step(["node", "bench/main.ts", ...args]) : built;
  },

  /** The fuzzer of the HTTP door at length; test/fuzz/main.ts has its options. */
  fuzz: async (args) => {
    const slurm = await ensureSlurm();
    if (!slurm.ready) {
      say(`the fuzzer needs Slurm on this machine. Run: ${slurm.command}`);
      return 69;
    }
    await ensurePython();
    return step(["node", "--no-warnings", "test/fuzz/main.ts", ...args]);
  },

  /** The crash suite's random part at length; test/crash/main.ts has its options. */
  chaos: async (args) => {
    const slurm = await ensureSlurm();
    if (!slurm.ready) {
      say(`the crash suite needs Slurm on this machine. Run: ${slurm.command}`);
      return 69;
    }
    return step(["node", "--no-warnings", "test/crash/main.ts", ...args]);
  },
};

const [name = "", ...args] = process.argv.slice(2);
const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
if (task === undefined) {
  say(`unknown task "${name}"; known: ${Object.keys(tasks).join(", ")}`);
  process.exitCode = 2;
} else {
  process.exitCode = await task(args);
}
