import { examples, type CommandSpec } from "../command.ts";
import {
  credentialsOption,
  gathered,
  modelOption,
  nodesFileOption,
  paramOption,
  paramsOption,
  regionOption,
  type ProviderOptions,
} from "./options.ts";

export interface GenerateOptions extends ProviderOptions {
  readonly engine: string;
  readonly engineParam?: readonly string[];
  readonly engineParams?: string;
  readonly plugin?: string;
  readonly blockSizes?: string;
  readonly request?: string;
  readonly output?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** `sluice topology generate`: what the server does for a request, at once. */
export const generateCommand: CommandSpec = (parent, context) => {
  parent
    .command("generate")
    .description("ask a provider where nodes stand, and write it for a scheduler; no server is needed")
    .option(
      "--provider <provider>",
      "where the topology comes from: aws, crusoe, …; docs/topology-providers.md has all",
    )
    .option("--engine <engine>", "what is written: slurm, slinky, k8s, nfd or graph", "slurm")
    .option(...modelOption)
    .option(...nodesFileOption)
    .option(...regionOption)
    .option(...paramOption)
    .option(...paramsOption)
    .option("--engine-param <key=value>", "a parameter of the engine; may stand again", gathered)
    .option("--engine-params <json>", "parameters of the engine, all at once")
    .option("--plugin <plugin>", "Slurm's plugin: topology/tree or topology/block")
    .option("--block-sizes <sizes>", "sizes of blocks: 4,8,16")
    .option(...credentialsOption)
    .option("--request <file>", "the whole request as JSON, as clients of Topograph send it; - for stdin")
    .option("-o, --output <file>", "write there and not to stdout; the file is replaced whole")
    .option("--json", "print JSON: the request's id, the output and the time it took")
    .option("--quiet", "print results alone, no progress")
    .addHelpText(
      "after",
      examples([
        "sluice topology generate --provider crusoe-sim --model crusoe-two-pods.yaml",
        "sluice topology generate --provider aws-sim --model medium.yaml --plugin topology/block --block-sizes 2,4",
        "sluice topology generate --provider aws --region us-east-1 --nodes nodes.txt -o topology.conf",
        "sluice topology generate --request payload.json",
      ]),
    )
    .action(async (options: GenerateOptions) => {
      const { generate } = await import("./generate-action.ts");
      await generate(context, options);
    });
};
