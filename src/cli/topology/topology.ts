import { examples, type CommandSpec } from "../command.ts";

/** `sluice topology …`: the network as the scheduler needs to know it. */
export const topologyCommand: CommandSpec = (parent, context) => {
  const group = parent
    .command("topology")
    .description("learn how a cluster's network is built, and write it for the scheduler")
    .addHelpText(
      "after",
      examples([
        "sluice topology show --model small-tree.yaml",
        "sluice topology generate --provider crusoe-sim --model crusoe-small.yaml --engine slurm",
        "sluice topology check /etc/slurm/topology.conf --cluster dev",
      ]),
    );
  for (const command of members) command(group, context);
};

/** The commands in the order of `sluice topology --help`. */
const members: readonly CommandSpec[] = [];
