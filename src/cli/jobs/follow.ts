import { examples, type CommandSpec } from "../command.ts";
import { seconds } from "../numbers.ts";
import { collect } from "./read.ts";

/** `sluice logs`, `wait` and `events`: what goes on for as long as one listens. */
export const followCommands: CommandSpec = (parent, context) => {
  const actions = () => import("./follow-actions.ts");

  parent
    .command("logs")
    .argument("<id>", "Sluice's id of the job")
    .description("print what a job prints, byte for byte")
    .option("-f, --follow", "go on until the job has ended and all was read")
    .option("--stderr", "its stderr, where that goes to a file of its own")
    .option("--task <number>", "of one task of an array")
    .option("--tail <lines>", "the last so many lines alone")
    .option("--offset <bytes>", "from this byte on")
    .addHelpText(
      "after",
      examples(["sluice logs 01KB0000000000000000000001 -f", "sluice logs 01KB0000000000000000000001 --tail 20"]),
    )
    .action(async (id: string, options) => (await actions()).printOutput(context, id, options));

  parent
    .command("wait")
    .argument("<id>", "Sluice's id of the job")
    .description("wait for the end of a job, and exit as it did")
    .option("--timeout <seconds>", "stop waiting after so long; the job goes on", seconds("--timeout"))
    .option("--json", "print the job as JSON")
    .option("--quiet", "print nothing")
    .addHelpText("after", examples(["sluice wait 01KB0000000000000000000001 --timeout 600"]))
    .action(async (id: string, options) => {
      context.exitCode = await (await actions()).waitForEnd(context, id, options);
    });

  parent
    .command("events")
    .description("print what happens to jobs as it happens, until stopped")
    .option("--job <id>", "to one job alone")
    .option("--cluster <names>", "on these clusters, by comma")
    .option("--type <types>", "of these types, by comma; may be given several times", collect)
    .option("--after <number>", "events after that number; 0 for all that there are")
    .option("--json", "print each as a line of JSON")
    .addHelpText(
      "after",
      examples(["sluice events", "sluice events --type state,rejected --json", "sluice events --after 0"]),
    )
    .action(async (options) => (await actions()).printEvents(context, options));
};
