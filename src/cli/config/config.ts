import { examples, type CommandSpec } from "../command.ts";

/** `sluice config`. */
export const configCommand: CommandSpec = (parent, context) => {
  const group = parent.command("config").description("check and explain the settings");

  group
    .command("check")
    .argument("[file]", "the sluice.yaml to check; the nearest one upwards of this folder where left out")
    .description("say all that is wrong with a sluice.yaml, and where; with --connect, ask its clusters too")
    .option("--connect", "connect to each cluster, all at once, and say what stands in the way")
    .option("--deadline <seconds>", "how long each cluster may take to answer", "20")
    .option("--json", "print JSON")
    .addHelpText("after", examples(["sluice config check", "sluice config check --connect --json other/sluice.yaml"]))
    .action(async (file: string | undefined, options) => {
      context.exitCode = await (await import("./check-action.ts")).checkConfig(context, file, options);
    });

  group
    .command("explain")
    .description("say which settings count here and why: files, environment, clusters, and which takes a job")
    .option("--json", "print JSON")
    .addHelpText("after", examples(["sluice config explain"]))
    .action(async (options) => (await import("./explain-action.ts")).explainConfig(context, options));
};
