import { examples, type CommandSpec } from "../command.ts";

export interface BrokerOptions {
  readonly config: string;
}

/** `sluice topology broker`: what Topograph's node-data-broker does. */
export const brokerCommand: CommandSpec = (parent, context) => {
  parent
    .command("broker")
    .description("write on this Kubernetes Node (NODE_NAME) which instance of its cloud it is, then answer probes")
    .option(
      "-c, --config <file>",
      "the provider that is asked, as Topograph's node-data-broker reads it",
      "/etc/topograph/node-data-broker-config.yaml",
    )
    .addHelpText("after", examples(["sluice topology broker", "sluice topology broker -c broker.yaml"]))
    .action(async (options: BrokerOptions) => {
      const { brokerNode } = await import("./broker-action.ts");
      await brokerNode(context, options);
    });
};
