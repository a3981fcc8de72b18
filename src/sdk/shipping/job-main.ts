import { runInJob } from "../in-job/run-in-job.ts";
import { listTasks } from "./list-tasks.ts";

/** What the code of a task does: runs the call of the job whose folder is named, or, for the check before it is sent, lists its tasks. */
export async function jobMain(load: () => Promise<unknown>): Promise<void> {
  if (process.argv[2] === "--list-tasks") await listTasks(load);
  else await runInJob({ load });
}
