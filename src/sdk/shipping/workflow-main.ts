import { openWorkflowCluster } from "../in-job/open-workflow-cluster.ts";
import { runInJob } from "../in-job/run-in-job.ts";
import type { MainModule } from "./job-main.ts";
import { listTasks } from "./list-tasks.ts";
import { mapStacks } from "./map-stacks.ts";
import { standInForTests } from "./test-stand-in.ts";

/** What the code of a workflow does: as that of a task, and it can submit. */
export async function workflowMain(load: () => Promise<unknown>, module: MainModule): Promise<void> {
  mapStacks(process.argv[1] ?? "");
  standInForTests(module);
  if (process.argv[2] === "--list-tasks") await listTasks(load);
  else await runInJob({ load, openCluster: openWorkflowCluster });
}
