import type { Command } from "../../schema/command.ts";
import { readerEnvironment } from "./environment.ts";
import { expectSuccess } from "./failure.ts";

/** Expands a hostlist as the cluster's own Slurm does: `scontrol show hostnames`. Needs no controller. */
export function hostnames(hostlist: string): Command<readonly string[]> {
  return {
    argv: ["scontrol", "show", "hostnames", hostlist],
    env: readerEnvironment,
    parse(output) {
      expectSuccess("scontrol", output);
      return output.stdout.split("\n").filter((name) => name !== "");
    },
  };
}
