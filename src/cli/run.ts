import type { Command } from "commander";
import { examples, type CommandSpec } from "./command.ts";

/**
 * `sluice run`. Its options are declared for the help and the reference alone: between them stands any option of sbatch,
 * and where the script begins depends on which of those take a value, so the command reads its own arguments.
 */
export const runCommand: CommandSpec = (parent, context) => {
  parent
    .command("run")
    .usage(
      "[options] [sbatch options] SCRIPT [ARGS...]\n       sluice run [options] [sbatch options] -- COMMAND [ARGS...]",
    )
    .description("submit a job, follow it to its end, and exit as it did")
    .argument("[arguments...]", "options, then the script or `--` and a command, then its arguments")
    .option("--cluster <name>", "the cluster that takes the job; the nearest one where left out")
    .option("--keep", "keep the job's own folder (script, receipt, output) after its end")
    .option("--timeout <seconds>", "stop waiting after so long; the job goes on")
    .option("--json", "print the final record to stdout; the job's output goes to stderr")
    .option("--quiet", "say nothing but what the job itself prints")
    .addHelpText(
      "after",
      examples([
        "sluice run job.sh input.dat",
        "sluice run --nodes=2 --time=10 job.sh",
        "sluice run --array=0-9 --cluster dev job.sh",
        "sluice run --gpus=1 -- nvidia-smi -L",
      ]),
    )
    .action(async (args: readonly string[], _options: unknown, command: Command) => {
      const { run } = await import("./run-action.ts");
      context.exitCode = await run(context, args, () => command.outputHelp());
    });
};

/** Keeps commander from reading what follows `run`, unless it is a plea for help. */
export function argumentsOfRun(argv: readonly string[]): string[] {
  const [first, ...rest] = argv;
  if (first !== "run" || rest.length === 0 || rest[0] === "--help" || rest[0] === "-h") return [...argv];
  return ["run", "--", ...rest];
}
