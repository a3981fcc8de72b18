import { examples, type CommandSpec } from "../command.ts";
import {
  credentialsOption,
  modelOption,
  nodesFileOption,
  paramOption,
  paramsOption,
  regionOption,
  type ProviderOptions,
} from "./options.ts";

export interface ShowOptions extends ProviderOptions {
  readonly cluster?: string;
  readonly topology?: string;
  readonly svg?: string;
  readonly title?: string;
  readonly json?: boolean;
}

/** `sluice topology show`. */
export const showCommand: CommandSpec = (parent, context) => {
  parent
    .command("show")
    .argument("[file]", "a topology.conf or topology.yaml, what scontrol show topology prints, or a model; - for stdin")
    .description("show a topology as a tree or, with --svg, as a picture")
    .option(...modelOption)
    .option("--provider <provider>", "ask a provider")
    .option(...nodesFileOption)
    .option(...regionOption)
    .option(...paramOption)
    .option(...paramsOption)
    .option(...credentialsOption)
    .option("--cluster <name>", "the topology of a test cluster")
    .option("--topology <name>", "of the topologies of a topology.yaml this one alone")
    .option("--svg <file>", "draw it there; - for stdout")
    .option("--title <title>", "what stands above the picture")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      examples([
        "sluice topology show crusoe-two-pods.yaml",
        "sluice topology show /etc/slurm/topology.conf --svg topology.svg",
        "sluice topology show --provider crusoe",
      ]),
    )
    .action(async (file: string | undefined, options: ShowOptions) => {
      const { show } = await import("./show-action.ts");
      await show(context, file, options);
    });
};
