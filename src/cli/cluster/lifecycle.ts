import { examples, type CommandSpec } from "../command.ts";
import { jsonOption, nameOption, noWaitOption, quietOption, timeoutOption, waitOption } from "./options.ts";

/** What commander hands to the actions of start, stop and destroy. */
export interface LifecycleOptions {
  readonly name?: string;
  readonly all?: boolean;
  readonly wait?: boolean;
  readonly timeout: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export const startCommand: CommandSpec = (parent, context) => {
  parent
    .command("start")
    .description("start a stopped cluster as its files say; your edits of them count")
    .option(...nameOption)
    .option(...waitOption)
    .option(...noWaitOption)
    .addOption(timeoutOption)
    .option(...jsonOption)
    .option(...quietOption)
    .addHelpText("after", examples(["sluice cluster start", "sluice cluster start --name dev --timeout 120"]))
    .action(async (options: LifecycleOptions) => {
      const { start } = await import("./lifecycle-actions.ts");
      await start(context, options);
    });
};

export const stopCommand: CommandSpec = (parent, context) => {
  parent
    .command("stop")
    .description("stop a cluster and keep its state: queued and held jobs are there again after a start")
    .option(...nameOption)
    .addOption(timeoutOption)
    .option(...jsonOption)
    .option(...quietOption)
    .addHelpText("after", examples(["sluice cluster stop --name dev"]))
    .action(async (options: LifecycleOptions) => {
      const { stop } = await import("./lifecycle-actions.ts");
      await stop(context, options);
    });
};

export const destroyCommand: CommandSpec = (parent, context) => {
  parent
    .command("destroy")
    .description("end and remove a cluster: no process, port or file of it stays; one that is not there is no error")
    .option(...nameOption)
    .option("--all", "every cluster of yours")
    .addOption(timeoutOption)
    .option(...jsonOption)
    .option(...quietOption)
    .addHelpText("after", examples(["sluice cluster destroy --name dev", "sluice cluster destroy --all"]))
    .action(async (options: LifecycleOptions) => {
      const { destroy } = await import("./lifecycle-actions.ts");
      await destroy(context, options);
    });
};
