import { examples, type CommandSpec } from "../command.ts";

const json = ["--json", "print JSON, as the HTTP interface gives it"] as const;

/** `sluice jobs`, `job`, `explain`, `queue` and `clusters`: what is to be known. */
export const readCommands: CommandSpec = (parent, context) => {
  const actions = () => import("./read-actions.ts");

  parent
    .command("jobs")
    .description("list jobs, the newest first")
    .option("--cluster <names>", "of these clusters, by comma")
    .option("--state <states>", "in these states, by comma")
    .option("--owner <name>", "of one owner")
    .option("--name <name>", "of one name")
    .option("--label <name=value>", "with this label; may be given several times", collect)
    .option("--from <time>", "accepted at that time or later (ISO 8601)")
    .option("--before <time>", "accepted before that time (ISO 8601)")
    .option("--sort <key>", "by accepted, started, ended, updated or name")
    .option("--order <order>", "ascending or descending")
    .option("--limit <count>", "at most so many", "100")
    .option("--cursor <text>", "go on behind a page: its `next`")
    .option(...json)
    .addHelpText(
      "after",
      examples(["sluice jobs", "sluice jobs --state running,pending --label team=physics", "sluice jobs --json"]),
    )
    .action(async (options) => (await actions()).listJobs(context, options));

  parent
    .command("job")
    .argument("<id>", "Sluice's id of the job")
    .description("show one job, and with --tasks those of an array")
    .option("--tasks", "show its tasks instead")
    .option("--script", "print its script instead")
    .option(...json)
    .addHelpText(
      "after",
      examples(["sluice job 01KB0000000000000000000001", "sluice job 01KB0000000000000000000001 --tasks"]),
    )
    .action(async (id: string, options) => (await actions()).showJob(context, id, options));

  parent
    .command("explain")
    .argument("<id>", "Sluice's id of the job")
    .description("say why a job is where it is, with the evidence and what would help")
    .option(...json)
    .addHelpText("after", examples(["sluice explain 01KB0000000000000000000001"]))
    .action(async (id: string, options) => (await actions()).explainJob(context, id, options));

  parent
    .command("queue")
    .description("show everybody's jobs as the clusters show them, from memory")
    .option("--cluster <name>", "of one cluster")
    .option("--user <name>", "of one user")
    .option(...json)
    .addHelpText("after", examples(["sluice queue", "sluice queue --cluster dev --user alice"]))
    .action(async (options) => (await actions()).showQueue(context, options));

  parent
    .command("clusters")
    .description("list the clusters that take jobs, and how each does")
    .option(...json)
    .addHelpText("after", examples(["sluice clusters", "sluice clusters --json"]))
    .action(async (options) => (await actions()).listClusters(context, options));
};

/** Gathers an option that may be given several times. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
