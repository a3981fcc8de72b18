import type { Command } from "../../schema/command.ts";
import { readerEnvironment } from "./environment.ts";
import { slurmFailure, slurmWords } from "./failure.ts";
import { jobIdList } from "./job-ids.ts";

/**
 * Whether slurmctld does not refuse the caller a job's script: `scontrol write batch_script`, scontrol(1). Alone of the
 * reading requests it tells a job that the caller may not see (`false`) from one that slurmctld does not have (`true`, as for
 * one whose script the caller may read). Throws `CLUSTER_UNREACHABLE`.
 */
export function ownsScript(job: string): Command<boolean> {
  return {
    argv: ["scontrol", "write", "batch_script", jobIdList("scontrol write batch_script", [job]), "-"],
    env: readerEnvironment,
    parse(output) {
      const words = slurmWords(output);
      if (/job script retrieval failed: (?:Invalid user id|Access\/permission denied)/i.test(words)) return false;
      const failure = slurmFailure("scontrol", output, "COMMAND_FAILED");
      if (output.exitCode !== 0 && failure.code === "CLUSTER_UNREACHABLE") throw failure;
      return true;
    },
  };
}
