import type { ParamTable } from "../params/param-table.ts";

const blockName = {
  type: {
    object: {
      nodeNameRegexp: {
        type: "string",
        required: true,
        doc: "A regular expression (RE2) that every node of a block has to match.",
      },
      format: {
        type: "string",
        required: true,
        doc: "The block's name, with the expression's groups: `rack-${1}`; all nodes of a block have to give the same.",
      },
    },
  },
  doc: "Names blocks after their nodes rather than by number. For `topology/block` only.",
} as const satisfies ParamTable[string];

const blockSizes = {
  type: "int-list",
  doc: "Nodes in a block, then in each level above it, every one a power-of-two multiple of the one before; where left out, they follow from the accelerator domains. Empty blocks fill the levels up, to 1,000,000 blocks at most.",
} as const satisfies ParamTable[string];

/** A topology of its own for some nodes: an entry of `topologies`. */
export const partitionTopologyParams = {
  plugin: { type: "string", doc: "`topology/tree`, `topology/block` or `topology/flat`." },
  partition: {
    type: "string",
    doc: "The Slurm partition whose nodes these are, where `nodes` names none; `scontrol show partition` is asked.",
  },
  nodes: { type: "string-list", doc: "Names of nodes and ranges of names: `n[01-16]`." },
  blockSizes,
  blockName,
  clusterDefault: { type: "bool", doc: "Whether this is the cluster's default topology.", shownDefault: "false" },
} as const satisfies ParamTable;

/** What engines that write for Slurm have in common. */
export const slurmOutputParams = {
  plugin: {
    type: "string",
    doc: "`topology/tree`, or `topology/block` for Slurm from 24.05 on; goes without `topologies`.",
  },
  blockSizes,
  blockName,
  compress: {
    type: "bool",
    doc: "Whether names are written as ranges (`n[1-3]`) or one by one.",
    shownDefault: "true",
  },
} as const satisfies ParamTable;
