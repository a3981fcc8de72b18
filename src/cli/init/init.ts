import { Option } from "commander";
import { examples, type CommandSpec } from "../command.ts";

/** What `sluice init` begins a project with. */
export const templates = ["ts", "python"] as const;
export type Template = (typeof templates)[number];

/** Where its tests are to run on every push. */
export const ciSystems = ["github", "gitlab", "none"] as const;
export type CiSystem = (typeof ciSystems)[number];

export interface InitOptions {
  readonly template?: Template;
  readonly ci?: CiSystem;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `sluice init`. */
export const initCommand: CommandSpec = (parent, context) => {
  parent
    .command("init")
    .description(
      "begin with jobs and their tests in this folder: a Slurmfile, a first task, a first test, a CI workflow",
    )
    .addOption(new Option("--template <language>", "the language; found out where left out").choices(templates))
    .addOption(new Option("--ci <system>", "the CI system; found out where left out").choices(ciSystems))
    .option("--dry-run", "show the files, and write nothing")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      examples(["sluice init", "sluice init --dry-run", "sluice init --template python --ci gitlab"]),
    )
    .action(async (options: InitOptions) => {
      const { init } = await import("./init-action.ts");
      await init(context, options);
    });
};
