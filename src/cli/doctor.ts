import { examples, type CommandSpec } from "./command.ts";

/** `sluice doctor`. */
export const doctorCommand: CommandSpec = (parent, context) => {
  parent
    .command("doctor")
    .description("show what this machine can do, and the remedy for each lack; exits 69 where no test cluster can run")
    .option("--json", "print JSON")
    .addHelpText("after", examples(["sluice doctor", "sluice doctor --json"]))
    .action(async (options: { json?: boolean }) => {
      const { doctor } = await import("./doctor-action.ts");
      context.exitCode = await doctor(context, options);
    });
};
