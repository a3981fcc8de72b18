import { examples, type CommandSpec } from "../command.ts";
import { wholeNumber } from "../numbers.ts";
import { jsonOption, nameOption } from "./options.ts";

export interface StatusOptions {
  readonly name?: string;
  readonly json?: boolean;
}

export interface ListOptions {
  readonly json?: boolean;
  readonly headers: boolean;
}

export interface LogsOptions {
  readonly name?: string;
  readonly follow?: boolean;
  readonly tail?: number;
  readonly json?: boolean;
}

export const statusCommand: CommandSpec = (parent, context) => {
  parent
    .command("status")
    .description("show a cluster's nodes and partitions as Slurm reports them now, and how to get in")
    .option(...nameOption)
    .option(...jsonOption)
    .addHelpText("after", examples(["sluice cluster status", "sluice cluster status --name dev --json"]))
    .action(async (options: StatusOptions) => {
      const { status } = await import("./look-actions.ts");
      await status(context, options);
    });
};

export const listCommand: CommandSpec = (parent, context) => {
  parent
    .command("list")
    .description("list all your test clusters, wherever their folders are")
    .option("--no-headers", "leave the line of headings out")
    .option(...jsonOption)
    .addHelpText("after", examples(["sluice cluster list"]))
    .action(async (options: ListOptions) => {
      const { list } = await import("./look-actions.ts");
      await list(context, options);
    });
};

export const logsCommand: CommandSpec = (parent, context) => {
  parent
    .command("logs")
    .description("show the logs of a cluster's daemons, of all or of one node or service")
    .argument("[node]", "a node, or a service such as munged, sshd, slurmdbd")
    .option(...nameOption)
    .option("--follow", "go on as they grow, until Ctrl-C")
    .option("--tail <lines>", "only so many of the newest lines of each", wholeNumber("--tail"))
    .option("--json", "print one JSON object per line")
    .addHelpText("after", examples(["sluice cluster logs", "sluice cluster logs controller --follow --tail 20"]))
    .action(async (node: string | undefined, options: LogsOptions) => {
      const { logs } = await import("./look-actions.ts");
      await logs(context, node, options);
    });
};
