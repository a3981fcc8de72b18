import { examples, type CommandSpec } from "../command.ts";
import { jsonOption, nameOption, quietOption, timeoutOption } from "./options.ts";

export interface NodeOptions {
  readonly name?: string;
  readonly reason: string;
  readonly timeout: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export const nodeCommand: CommandSpec = (parent, context) => {
  parent
    .command("node")
    .description("do to a node what happens to nodes")
    .argument("<node>", "the node's name")
    .argument("<action>", "down, drain, resume, kill, freeze, thaw or restart")
    .option(...nameOption)
    .option("--reason <text>", "with down and drain: why, as Slurm shows it", "set by sluice")
    .addOption(timeoutOption)
    .option(...jsonOption)
    .option(...quietOption)
    .addHelpText(
      "after",
      `
Actions:
  down     slurmctld takes the node for dead and ends or requeues its jobs
  drain    running jobs end, no new one starts
  resume   takes down and drain back
  kill     power cut: slurmd, its steps and jobs are killed
  freeze   the host hangs: they are stopped where they are
  thaw     they go on
  restart  kill, then slurmd starts anew
${examples(["sluice cluster node cpu-0 drain --reason maintenance", "sluice cluster node cpu-1 kill --name dev"])}`,
    )
    .action(async (node: string, action: string, options: NodeOptions) => {
      const { node: act } = await import("./node-action.ts");
      await act(context, node, action, options);
    });
};
