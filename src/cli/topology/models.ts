import { examples, type CommandSpec } from "../command.ts";
import { wholeNumber } from "../numbers.ts";

export interface MakeOptions {
  readonly nodes: number;
  readonly nodesPerLeaf?: number;
  readonly leavesPerSpine?: number;
  readonly tiers?: number;
  readonly domainSize?: number;
  readonly subDomains?: number;
  readonly prefix?: string;
  readonly region?: string;
  readonly output?: string;
}

/** `sluice topology models …`: networks for simulations. */
export const modelsCommand: CommandSpec = (parent, context) => {
  const group = parent
    .command("models")
    .description("list, show and make models, the networks of simulations")
    .addHelpText(
      "after",
      examples([
        "sluice topology models list",
        "sluice topology models make --nodes 2000 --domain-size 72 -o large.yaml",
      ]),
    );

  group
    .command("list")
    .description("list the models that come with Sluice")
    .option("--no-headers", "leave the line of headings out")
    .option("--json", "print JSON")
    .addHelpText("after", examples(["sluice topology models list"]))
    .action(async (options: { readonly headers: boolean; readonly json?: boolean }) => {
      const { listModels } = await import("./models-actions.ts");
      await listModels(context, options);
    });

  group
    .command("show")
    .argument("<name>", "a model that comes with Sluice, or a file")
    .description("print a model as it is written")
    .addHelpText("after", examples(["sluice topology models show small-tree.yaml"]))
    .action(async (name: string) => {
      const { printModel } = await import("./models-actions.ts");
      await printModel(context, name);
    });

  group
    .command("make")
    .description("make a model of as many nodes as you like")
    .requiredOption("--nodes <count>", "how many nodes", wholeNumber("--nodes"))
    .option("--nodes-per-leaf <count>", "nodes of one leaf switch (default: 32)", wholeNumber("--nodes-per-leaf"))
    .option(
      "--leaves-per-spine <count>",
      "leaf switches under one spine, and so on upwards (default: 16)",
      wholeNumber("--leaves-per-spine"),
    )
    .option("--tiers <count>", "tiers of switches, the top one a single switch (default: 3)", wholeNumber("--tiers"))
    .option(
      "--domain-size <count>",
      "nodes of one accelerator domain (default: no domains)",
      wholeNumber("--domain-size"),
    )
    .option("--sub-domains <count>", "sub-domains of each domain (default: none)", wholeNumber("--sub-domains"))
    .option("--prefix <text>", "what stands before the numbers of nodes (default: n)")
    .option("--region <region>", "where the nodes are (default: local)")
    .option("-o, --output <file>", "write there and not to stdout")
    .addHelpText(
      "after",
      examples([
        "sluice topology models make --nodes 8 --nodes-per-leaf 2 --tiers 2",
        "sluice topology models make --nodes 2000 --domain-size 72 -o large.yaml",
      ]),
    )
    .action(async (options: MakeOptions) => {
      const { makeModel } = await import("./models-actions.ts");
      await makeModel(context, options);
    });
};
