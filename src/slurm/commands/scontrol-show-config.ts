import type { Command } from "../../schema/command.ts";
import { readerEnvironment } from "./environment.ts";
import { expectSuccess } from "./failure.ts";
import { optionalWord, present, unreadable } from "./reply.ts";

export interface ShownConfig {
  /** `22.05.8`. */
  readonly version: string;
  readonly clusterName?: string;
  /** Every setting as slurmctld uses it, `(null)` included, under the names of slurm.conf(5) and the few of its own in capitals. */
  readonly settings: ReadonlyMap<string, string>;
}

/** Shows the settings that slurmctld runs with: `scontrol show config`. Throws `CLUSTER_UNREACHABLE`, `REPLY_UNREADABLE`. */
export function showConfig(): Command<ShownConfig> {
  return {
    argv: ["scontrol", "show", "config"],
    env: readerEnvironment,
    parse(output) {
      expectSuccess("scontrol", output);
      // Other sections (cgroups, node health) follow after a blank line with names of their own.
      const section = output.stdout.split("\n\n")[0] ?? "";
      const settings = new Map<string, string>();
      for (const line of section.split("\n")) {
        const match = /^([A-Za-z][\w/]*(?:\[\d+\])?)\s*= ?(.*)$/.exec(line);
        if (match?.[1] !== undefined) settings.set(match[1], match[2] ?? "");
      }
      const version = settings.get("SLURM_VERSION");
      if (version === undefined) throw unreadable("scontrol show config", "it lacks SLURM_VERSION", output.stdout);
      return present({ version, clusterName: optionalWord(settings.get("ClusterName")), settings });
    },
  };
}
