import { engineKinds } from "../src/topology/engines/registry.ts";
import { builtInModels } from "../src/topology/model-files.ts";
import type { ParamTable, ParamType } from "../src/topology/params/param-table.ts";
import { providerKinds } from "../src/topology/providers/registry.ts";
import { engineExamples, providerExamples } from "./topology-examples.ts";

type Table = (head: readonly string[], rows: readonly (readonly string[])[]) => string;

/** The blocks of `docs/topology-providers.md`. */
export function providerBlocks(table: Table): readonly string[] {
  const kinds = providerKinds.kinds.map((kind) => providerKinds.get(kind));
  return [
    "# Topology: providers",
    "Derived from the providers in `src/topology/providers/` by `npm run docs`; do not edit.",
    "A provider learns where nodes stand: below which switches, closest first, and in which accelerator domain. " +
      "[Topology](topology.md) says what for. A request names one (`provider.name`), and so do `sluice topology generate` and `show` (`--provider`).",
    "**Parameters** are those of `provider.params` in a request and of `--param` on the command line. Their names count in any case, " +
      "unknown ones are passed over, and numbers and truths may come as text.",
    "**Credentials** are those of `provider.creds` in a request, of the server's `credentialsPath`, and of `--credentials` on the command line. They are never logged or shown.",
    "**Nodes** are named by the request, by the provider itself, or by the engine, in this order. For `--nodes` a file has a line `INSTANCE NODE [REGION]` for each, or hostlists.",
    "**Kubernetes.** `crusoe`, `dra`, `infiniband-k8s` and `kubernetes` read the cluster that they run in, else that of `KUBECONFIG` or `~/.kube/config`. " +
      "[Topology on Crusoe Cloud](crusoe.md) walks through one of them.",
    `**Models** for simulations that come with Sluice: ${builtInModels()
      .map((name) => `\`${name}\``)
      .join(
        ", ",
      )}. [Models and simulations](topology-models.md) says how to write others, and \`sluice topology models make\` makes them.`,
    table(
      ["provider", "where from"],
      kinds.map(({ kind, summary }) => [`[\`${kind}\`](#${kind})`, summary]),
    ),
    ...kinds.flatMap(({ kind, summary, params, creds }) => [
      `## ${kind}`,
      summary,
      ...paramBlocks(params, table),
      ...(Object.keys(creds).length === 0
        ? []
        : [
            table(
              ["credential", "what it is"],
              Object.entries(creds).map(([name, text]) => [`\`${name}\``, text]),
            ),
          ]),
      example(providerExamples, kind),
    ]),
  ];
}

/** The blocks of `docs/topology-engines.md`. */
export function engineBlocks(table: Table): readonly string[] {
  const kinds = engineKinds.kinds.map((kind) => engineKinds.get(kind));
  return [
    "# Topology: engines",
    "Derived from the engines in `src/topology/engines/` by `npm run docs`; do not edit.",
    "An engine writes a topology where a scheduler finds it. A request names one (`engine.name`), and so does `sluice topology generate` (`--engine`).",
    "**Parameters** are those of `engine.params` in a request and of `--engine-param` on the command line; `--plugin` and `--block-sizes` are shorter words for two of them. " +
      "Their names count in any case, unknown ones are passed over, and numbers and truths may come as text.",
    "**Kubernetes.** `slinky`, `k8s` and `nfd` write to the cluster that they run in, else to that of `KUBECONFIG` or `~/.kube/config`. At most `KUBE_QPS` requests go out per second (100 where it is unset), and `KUBE_BURST` (200) " +
      "at once: 10,000 Nodes that all change take 100 seconds. `slinky` and `k8s` send nothing for Nodes that are as they should be.",
    table(
      ["engine", "what is written"],
      kinds.map(({ kind, summary }) => [`[\`${kind}\`](#${kind})`, summary]),
    ),
    ...kinds.flatMap(({ kind, summary, params }) => [
      `## ${kind}`,
      summary,
      ...paramBlocks(params, table),
      example(engineExamples, kind),
      ...(kind === "slurm" ? slurmReleases(table) : []),
    ]),
  ];
}

/** What Slurm's CHANGELOG and the sources of its plugins say, and what our tests with real Slurm have shown. */
function slurmReleases(table: Table): readonly string[] {
  return [
    "### What each Slurm reads",
    table(
      ["Slurm", "trees", "blocks", "`topology.yaml`"],
      [
        ["22.05, 23.02", "yes", "no: it has no `topology/block`", "no"],
        ["23.11", "yes", "no: its `topology/block` knows `BlockLevels`, not `BlockSizes`", "no"],
        ["24.05", "yes", "where every block has at least as many nodes as the first of `BlockSizes`", "no"],
        ["24.11", "where names of switches have at most 64 bytes", "as 24.05", "no"],
        ["25.05 and newer", "as 24.11", "all, also blocks without nodes", "yes"],
      ],
    ),
    "Blocks have enough nodes for 24.05 where `blockSizes` is left out and domains have no sub-domains, and where the first size divides the number of nodes of every domain and no empty block is needed. " +
      "Of what some releases do not read, a warning is logged, and `sluice topology check` warns, too. Trees are tested with Slurm 22.05 and 24.11, blocks with 24.11; what only 25.05 and newer read, small and empty blocks and `topology.yaml`, was tried by hand with 26.05 (Debian sid's) and is held to the rules of the plugin's source.",
  ];
}

function paramBlocks(params: ParamTable, table: Table): readonly string[] {
  const rows = paramRows(params, "");
  return rows.length === 0 ? ["It takes no parameters."] : [table(["parameter", "takes", "meaning"], rows)];
}

/** One row for a parameter, and one for each in it: `blockName.format`, `topologies.NAME.plugin`. */
function paramRows(params: ParamTable, prefix: string): readonly (readonly string[])[] {
  return Object.entries(params).flatMap(([name, { type, doc, required, shownDefault }]) => {
    const path = `${prefix}${name}`;
    const facts = [
      ...(required === true ? ["Must be given."] : []),
      ...(shownDefault === undefined ? [] : [`Default: ${shownDefault}.`]),
    ];
    const meaning = [doc, ...facts].join(" ");
    return [[`\`${path}\``, takes(type), meaning], ...innerRows(type, path)];
  });
}

function innerRows(type: ParamType, path: string): readonly (readonly string[])[] {
  if (typeof type === "string") return [];
  return "object" in type ? paramRows(type.object, `${path}.`) : paramRows(type.mapOf, `${path}.NAME.`);
}

const words = {
  string: "text",
  int: "a whole number",
  bool: "true or false",
  any: "as described",
  "string-list": "a list of texts",
  "int-list": "a list of whole numbers",
  "string-map": "texts by name",
} as const satisfies Record<Extract<ParamType, string>, string>;

function takes(type: ParamType): string {
  if (typeof type === "string") return words[type];
  return "object" in type ? "fields" : "fields by name";
}

function example(examples: Readonly<Record<string, string>>, kind: string): string {
  const text = examples[kind];
  if (text === undefined) throw new Error(`scripts/topology-examples.ts has no example of ${kind}`);
  return `\`\`\`sh\n${text}\n\`\`\``;
}
