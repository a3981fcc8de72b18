import { runInJob } from "../in-job/run-in-job.ts";
import { listTasks } from "./list-tasks.ts";
import { mapStacks } from "./map-stacks.ts";
import { standInForTests } from "./test-stand-in.ts";

/** What is known of the module that defines the task. */
export interface MainModule {
  readonly isTestFile: boolean;
}

/** What the code of a task does: runs the call of the job whose folder is named, or, for the check before it is sent, lists its tasks. */
export async function jobMain(load: () => Promise<unknown>, module: MainModule): Promise<void> {
  mapStacks(process.argv[1] ?? "");
  standInForTests(module);
  if (process.argv[2] === "--list-tasks") await listTasks(load);
  else await runInJob({ load });
}
