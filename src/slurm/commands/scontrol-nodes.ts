import type { Command } from "../../schema/command.ts";
import { SluiceError } from "../../errors.ts";
import { quoteValue } from "../values/format-invalid.ts";
import { assignments, done } from "./scontrol-jobs.ts";

/**
 * `down` ends the node's jobs at once, `drain` lets them finish; both need a reason (Slurm refuses them without).
 * `resume` takes either back.
 */
export type NodeChange =
  | { readonly state: "down" | "drain"; readonly reason: string }
  | { readonly state: "resume" | "undrain" };

/** Changes the state of the nodes of a hostlist: `scontrol update NodeName=…`. Throws `NODE_NOT_FOUND`, `INPUT_INVALID`. */
export function setNodeState(hostlist: string, change: NodeChange): Command<void> {
  if (!/^[^\s=]+$/.test(hostlist)) {
    throw new SluiceError("INPUT_INVALID", `node ${quoteValue(hostlist)}: give a node's name or a hostlist`, {
      details: { field: "node" },
    });
  }
  if ("reason" in change && change.reason.trim() === "") {
    throw new SluiceError("INPUT_INVALID", `reason: Slurm sets a node to ${change.state} for a reason only; say why`, {
      details: { field: "reason" },
    });
  }
  return done([
    "scontrol",
    "update",
    `NodeName=${hostlist}`,
    `State=${change.state.toUpperCase()}`,
    ...("reason" in change ? assignments({ Reason: change.reason }) : []),
  ]);
}
