import { examples, type CommandSpec } from "../command.ts";

export interface CheckTopologyOptions {
  readonly cluster?: string;
  readonly nodes?: string;
  readonly json?: boolean;
}

/** `sluice topology check`. */
export const checkCommand: CommandSpec = (parent, context) => {
  parent
    .command("check")
    .argument("<file>", "a topology.conf or topology.yaml; - for stdin")
    .description("say all that is wrong with a topology that is written for Slurm, and with its nodes")
    .option("--cluster <name>", "compare with the nodes of a cluster: a test cluster, or one of sluice.yaml")
    .option("--nodes <hostlist>", "compare with these nodes: n[01-16],gpu-1")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      examples(["sluice topology check topology.conf", "sluice topology check topology.conf --cluster dev"]),
    )
    .action(async (file: string, options: CheckTopologyOptions) => {
      const { check } = await import("./check-action.ts");
      context.exitCode = await check(context, file, options);
    });
};
