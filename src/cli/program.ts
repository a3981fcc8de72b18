import { Command } from "commander";
import { examples, type CommandSpec, type Context } from "./command.ts";
import { clusterCommand } from "./cluster/cluster.ts";
import { configCommand } from "./config/config.ts";
import { doctorCommand } from "./doctor.ts";
import { initCommand } from "./init/init.ts";
import { actCommands } from "./jobs/act.ts";
import { followCommands } from "./jobs/follow.ts";
import { inventoryCommands } from "./jobs/inventory.ts";
import { readCommands } from "./jobs/read.ts";
import { submitCommand } from "./jobs/submit.ts";
import { runCommand } from "./run.ts";
import { serveCommand } from "./serve.ts";
import { tokenCommand } from "./token/token.ts";
import { topologyCommand } from "./topology/topology.ts";
import { version } from "./version.ts";

/** The commands in the order of `sluice --help`. How one is made stands in `command.ts`. */
const commands: readonly CommandSpec[] = [
  initCommand,
  clusterCommand,
  runCommand,
  submitCommand,
  readCommands,
  inventoryCommands,
  followCommands,
  actCommands,
  serveCommand,
  topologyCommand,
  tokenCommand,
  configCommand,
  doctorCommand,
];

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
