import { examples, type CommandSpec } from "../command.ts";

export interface DiffOptions {
  readonly json?: boolean;
  readonly exitCode?: boolean;
}

/** `sluice topology diff`. */
export const diffCommand: CommandSpec = (parent, context) => {
  parent
    .command("diff")
    .argument("<old>", "a file as show takes it")
    .argument("<new>", "the other one")
    .description("say what moved from one topology to another, and what Slurm needs to take it up")
    .option("--exit-code", "end with 1 where they differ")
    .option("--json", "print JSON")
    .addHelpText("after", examples(["sluice topology diff /etc/slurm/topology.conf topology.conf"]))
    .action(async (old: string, fresh: string, options: DiffOptions) => {
      const { diff } = await import("./diff-action.ts");
      await diff(context, [old, fresh], options);
    });
};
