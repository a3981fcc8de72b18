import { examples, type CommandSpec } from "../command.ts";
import { nameOption } from "./options.ts";

export interface SshOptions {
  readonly name?: string;
  readonly print?: boolean;
}

export const sshCommand: CommandSpec = (parent, context) => {
  parent
    .command("ssh")
    .usage("[options] [NODE] [-- COMMAND [ARGS...]]")
    .description("log in to a node, the head where none is named, or run a command there and exit as it does")
    .argument(
      "[arguments...]",
      "the node, and after `--` the command: one word is a shell's command line, several are argv",
    )
    .option(...nameOption)
    .option("--print", "print the ssh command line and do not run it")
    .addHelpText(
      "after",
      examples([
        "sluice cluster ssh",
        "sluice cluster ssh cpu-0",
        "sluice cluster ssh -- sinfo -N",
        "sluice cluster ssh -- 'squeue | wc -l'",
      ]),
    )
    .action(async (args: readonly string[], options: SshOptions) => {
      const { ssh } = await import("./ssh-action.ts");
      context.exitCode = await ssh(context, args, options);
    });
};

/** Commander drops the `--` that parts the node from the command; a second one survives. */
export function argumentsOfSsh(argv: readonly string[]): string[] {
  const separator = argv.indexOf("--");
  if (argv[0] !== "cluster" || argv[1] !== "ssh" || separator === -1) return [...argv];
  return [...argv.slice(0, separator), "--", ...argv.slice(separator)];
}
