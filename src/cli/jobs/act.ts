import { examples, type CommandSpec } from "../command.ts";

/** What each does, as its help says it. */
const actions = {
  cancel: "cancel jobs; one that has ended stays as it is",
  hold: "keep pending jobs from starting",
  release: "let held jobs start",
  requeue: "put jobs back into the queue",
  forget: "remove the folders of jobs that have ended, with script, receipts and output; their history stays",
} as const;
export type ActionName = keyof typeof actions;

/** `sluice cancel`, `hold`, `release`, `requeue` and `forget`. */
export const actCommands: CommandSpec = (parent, context) => {
  for (const name of ["cancel", "hold", "release", "requeue", "forget"] as const satisfies readonly ActionName[]) {
    parent
      .command(name)
      .argument("<id...>", "Sluice's ids of the jobs")
      .description(actions[name])
      .option("--json", "print each job as a line of JSON")
      .option("--quiet", "print nothing")
      .addHelpText("after", examples([`sluice ${name} 01KB0000000000000000000001`]))
      .action(async (ids: readonly string[], options) => {
        const { act } = await import("./act-action.ts");
        context.exitCode = await act(context, name, ids, options);
      });
  }
};
