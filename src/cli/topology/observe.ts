import { examples, type CommandSpec } from "../command.ts";

export interface ObserveOptions {
  readonly config: string;
}

/** `sluice topology observe`: what Topograph's node-observer does. */
export const observeCommand: CommandSpec = (parent, context) => {
  parent
    .command("observe")
    .description("watch a Kubernetes cluster and ask for its topology whenever Nodes or pods change, until stopped")
    .option(
      "-c, --config <file>",
      "what is watched and asked for, as Topograph's node-observer reads it",
      "/etc/topograph/node-observer-config.yaml",
    )
    .addHelpText("after", examples(["sluice topology observe", "sluice topology observe -c node-observer-config.yaml"]))
    .action(async (options: ObserveOptions) => {
      const { observeTopology } = await import("./observe-action.ts");
      await observeTopology(context, options);
    });
};
