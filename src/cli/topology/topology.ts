import { examples, type CommandSpec } from "../command.ts";
import { brokerCommand } from "./broker.ts";
import { checkCommand } from "./check.ts";
import { diffCommand } from "./diff.ts";
import { generateCommand } from "./generate.ts";
import { modelsCommand } from "./models.ts";
import { observeCommand } from "./observe.ts";
import { topologyServeCommand } from "./serve.ts";
import { showCommand } from "./show.ts";

/** The commands in the order of `sluice topology --help`. */
const members: readonly CommandSpec[] = [
  generateCommand,
  showCommand,
  diffCommand,
  checkCommand,
  modelsCommand,
  topologyServeCommand,
  observeCommand,
  brokerCommand,
];

/** `sluice topology …`: the network as the scheduler needs to know it. */
export const topologyCommand: CommandSpec = (parent, context) => {
  const group = parent
    .command("topology")
    .description("learn how a cluster's network is built, and write it for the scheduler")
    .addHelpText(
      "after",
      examples([
        "sluice topology show crusoe-two-pods.yaml",
        "sluice topology generate --provider crusoe-sim --model crusoe-two-pods.yaml",
        "sluice topology check topology.conf --cluster dev",
      ]),
    );
  for (const command of members) command(group, context);
};
