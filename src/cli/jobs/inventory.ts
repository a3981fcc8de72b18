import { examples, type CommandSpec } from "../command.ts";

/** `sluice nodes` and `partitions`: what clusters consist of. */
export const inventoryCommands: CommandSpec = (parent, context) => {
  const actions = () => import("./inventory-actions.ts");

  parent
    .command("nodes")
    .description("list the nodes of clusters, and what is free of each")
    .option("--cluster <name>", "of this cluster; of all where left out")
    .option("--partition <name>", "of this partition")
    .option("--state <word>", "in this state, or with this flag: idle, mixed, drain, …")
    .option("--json", "print JSON: for each cluster what the HTTP interface gives")
    .addHelpText("after", examples(["sluice nodes", "sluice nodes --cluster dev --state drain"]))
    .action(async (options) => (await actions()).showNodes(context, options));

  parent
    .command("partitions")
    .description("list the partitions of clusters, their limits, and what is free in each")
    .option("--cluster <name>", "of this cluster; of all where left out")
    .option("--json", "print JSON: for each cluster what the HTTP interface gives")
    .addHelpText("after", examples(["sluice partitions", "sluice partitions --cluster dev --json"]))
    .action(async (options) => (await actions()).showPartitions(context, options));
};
