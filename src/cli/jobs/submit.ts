import type { Command } from "commander";
import { examples, type CommandSpec } from "../command.ts";

/** `sluice submit`. It reads its own arguments, as `run` does and for the same reason. */
export const submitCommand: CommandSpec = (parent, context) => {
  parent
    .command("submit")
    .usage(
      "[options] [sbatch options] SCRIPT [ARGS...]\n       sluice submit [options] [sbatch options] -- COMMAND [ARGS...]",
    )
    .description("hand in a job and print its id; it is stored before anything else, and submitted once")
    .argument("[arguments...]", "options, then the script (`-` for stdin) or `--` and a command, then its arguments")
    .option("--cluster <name>", "the cluster that takes the job; the configured one where left out")
    .option("--idempotency-key <key>", "the same key and job give the same id, however often it is handed in")
    .option("--label <name=value>", "a label of the job; may be given several times")
    .option("--wait", "wait for the end of the job, and exit as it did")
    .option("--test-only", "submit nothing: say when the clusters would start it")
    .option("--json", "print the job as JSON")
    .option("--quiet", "print nothing but the id")
    .addHelpText(
      "after",
      examples([
        "sluice submit job.sh input.dat",
        "sluice submit --nodes=2 --time=10 --label team=physics job.sh",
        "sluice submit --dependency=afterok:01KB0000000000000000000001 next.sh",
        "sluice submit --wait -- make test",
      ]),
    )
    .action(async (args: readonly string[], _options: unknown, command: Command) => {
      const { submit } = await import("./submit-action.ts");
      context.exitCode = await submit(context, args, () => command.outputHelp());
    });
};

/** Keeps commander from reading what follows `submit`, unless it is a plea for help. */
export function argumentsOfSubmit(argv: readonly string[]): string[] {
  const [first, ...rest] = argv;
  if (first !== "submit" || rest.length === 0 || rest[0] === "--help" || rest[0] === "-h") return [...argv];
  return ["submit", "--", ...rest];
}
