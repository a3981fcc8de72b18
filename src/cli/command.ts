import type { Command } from "commander";
import type { Config } from "../config.ts";
import type { Io } from "./io.ts";

/**
 * The shape of every command of the command line.
 *
 * A command is one file that exports one `CommandSpec`: it declares its options on the parent and imports nothing but
 * commander's types and this file, so that `sluice --help` stays fast. Its work stands in a second file, imported when
 * the command runs:
 *
 * ```ts
 * export const statusCommand: CommandSpec = (parent, context) => {
 *   parent
 *     .command("status")
 *     .description("show what a cluster is doing")
 *     .option("--json", "print JSON")
 *     .addHelpText("after", examples(["sluice cluster status --name dev"]))
 *     .action(async (options: { json?: boolean }) => {
 *       const { status } = await import("./status-action.ts");
 *       context.exitCode = await status(context, options);
 *     });
 * };
 * ```
 *
 * A command with subcommands makes a group (`parent.command("cluster")`) and calls the specs of its members with it.
 * Failures are thrown as `SluiceError`; `run-program.ts` prints them and chooses the exit code from the error table.
 */
export type CommandSpec = (parent: Command, context: Context) => void;

/** What the door hands to every command. */
export interface Context {
  readonly io: Io;
  /** Aborts on the first SIGINT or SIGTERM, and when the reader of stdout goes away. */
  readonly signal: AbortSignal;
  /** Aborts on the second one: the user will not wait for things to be tidied. */
  readonly urgent: AbortSignal;
  /** Absolute path of the folder that the user stands in. */
  readonly cwd: string;
  /** Settings, read when first asked for. */
  config(): Promise<Config>;
  /** Set by a command that ends with something other than 0 without having failed. */
  exitCode: number;
}

/** The text for `addHelpText("after", …)`. */
export function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}\n`).join("")}`;
}
