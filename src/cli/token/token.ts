import { examples, type CommandSpec } from "../command.ts";

export interface TokenOptions {
  readonly scope: string;
  readonly subject?: string;
  readonly label?: string;
  readonly expires?: string;
  readonly store?: string;
  readonly json?: boolean;
}

const storeOption = ["--store <url>", "the database of the gateway: a path, or postgres://..."] as const;
const jsonOption = ["--json", "print JSON"] as const;

/** `sluice token create|list|revoke`. */
export const tokenCommand: CommandSpec = (parent, context) => {
  const group = parent.command("token").description("make, list and revoke tokens for the gateway");
  const actions = () => import("./token-actions.ts");

  group
    .command("create")
    .description("make a token and print it, this once; the gateway keeps its hash alone")
    .option("--scope <scope>", "viewer, user, operator or admin, each more than the one before", "user")
    .option("--subject <name>", "for whom it speaks: the owner of the jobs (default: you)")
    .option("--label <text>", "what it is used for")
    .option("--expires <duration>", "after so long, as Slurm writes durations: 30-0 for 30 days; never where left out")
    .option(...storeOption)
    .option(...jsonOption)
    .addHelpText(
      "after",
      examples([
        "sluice token create --label laptop",
        "sluice token create --scope viewer --subject dashboard --expires 30-0",
      ]),
    )
    .action(async (options: TokenOptions) => (await actions()).createToken(context, options));

  group
    .command("list")
    .description("list tokens: whose, what for, until when; never themselves")
    .option(...storeOption)
    .option(...jsonOption)
    .addHelpText("after", examples(["sluice token list"]))
    .action(async (options: TokenOptions) => (await actions()).listTokens(context, options));

  group
    .command("revoke")
    .argument("<id>", "the token's id, as the list has it")
    .description("refuse a token from now on")
    .option(...storeOption)
    .option(...jsonOption)
    .addHelpText("after", examples(["sluice token revoke 01KB0000000000000000000001"]))
    .action(async (id: string, options: TokenOptions) => (await actions()).revokeToken(context, id, options));
};
