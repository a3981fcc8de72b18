import { readFileSync } from "node:fs";
import { Command } from "commander";
import { examples, type CommandSpec, type Context } from "./command.ts";
import { clusterCommand } from "./cluster/cluster.ts";
import { doctorCommand } from "./doctor.ts";
import { runCommand } from "./run.ts";

/** The commands in the order of `sluice --help`. How one is made stands in `command.ts`. */
const commands: readonly CommandSpec[] = [clusterCommand, runCommand, doctorCommand];

/** The whole command line; `docs/cli.md` is derived from it. */
export function createProgram(context: Context): Command {
  const program = new Command("sluice")
    .description("The gate to every Slurm cluster, the one it makes on your laptop included.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "show the help of a command")
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.io.out(text),
      writeErr: (text) => context.io.err(text),
      outputError: () => {},
      getOutHelpWidth: () => context.io.columns,
      getErrHelpWidth: () => context.io.columns,
    })
    .addHelpText(
      "after",
      examples([
        "sluice cluster create --start",
        "sluice run --nodes=2 job.sh",
        "sluice run --cluster dev -- hostname",
      ]),
    );
  for (const command of commands) command(program, context);
  return program;
}

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return /"version": "([^"]+)"/.exec(text)?.[1] ?? "unknown";
}
