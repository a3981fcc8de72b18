import { examples, type CommandSpec } from "../command.ts";
import { createCommand } from "./create.ts";
import { destroyCommand, startCommand, stopCommand } from "./lifecycle.ts";
import { listCommand, logsCommand, statusCommand } from "./look.ts";
import { nodeCommand } from "./node.ts";
import { sshCommand } from "./ssh.ts";

/** `sluice cluster …`: real Slurm clusters to test against. */
export const clusterCommand: CommandSpec = (parent, context) => {
  const group = parent
    .command("cluster")
    .description("make and manage test clusters: real Slurm, on this machine, in about a second")
    .addHelpText(
      "after",
      examples([
        "sluice cluster create --start",
        "sluice cluster create --name dev --preset full --start",
        "sluice cluster status --name dev",
        "sluice cluster destroy --name dev",
      ]),
    );
  for (const command of [
    createCommand,
    startCommand,
    stopCommand,
    destroyCommand,
    statusCommand,
    listCommand,
    logsCommand,
    sshCommand,
    nodeCommand,
  ]) {
    command(group, context);
  }
};
