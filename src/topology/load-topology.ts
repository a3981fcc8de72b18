import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { SluiceError } from "../errors.ts";
import type { ComparedTopology } from "./diff/diff-topology.ts";
import type { TopologyGraph, Vertex } from "./graph/topology-graph.ts";
import { modelFile, readModelFile } from "./model-files.ts";
import type { Model } from "./models/model.ts";
import { modelGraph } from "./models/model-graph.ts";
import { readModel } from "./models/read-model.ts";
import { readTopologyFile } from "./read/read-topology-file.ts";
import { graphOfWritten } from "./read/written-graph.ts";

/** A topology to look at, wherever it came from. */
export interface NamedTopology extends ComparedTopology {
  readonly title: string;
  /** Its name in a `topology.yaml`; nothing else has several. */
  readonly name?: string;
}

/**
 * The topologies of a file: a `topology.conf`, a `topology.yaml`, a model, what `scontrol show topology` prints; or of a model that
 * comes with Sluice, where no such file stands in `folder`. Throws `FILE_UNREADABLE` and `CONFIG_INVALID`.
 */
export async function loadTopologies(
  name: string,
  folder: string,
  signal: AbortSignal,
): Promise<readonly NamedTopology[]> {
  const path = modelFile(name, folder);
  if (path === undefined) return topologiesIn(await textOf(name, () => readModelFile(name, signal)), name);
  return topologiesIn(await textOf(path, () => readFile(path, { encoding: "utf8", signal })), path);
}

/** The same of a text that was read already. `name` is what it is called. */
export async function topologiesIn(text: string, name: string): Promise<readonly NamedTopology[]> {
  const title = basename(name);
  if (isModel(text)) {
    const graph = withLooseNodes(await modelIn(text, name));
    return [{ title, blockSizes: [], graph }];
  }
  const { topologies, problems } = await readTopologyFile(text);
  const [first] = problems;
  if (first !== undefined) {
    throw new SluiceError(
      "CONFIG_INVALID",
      `${name}:${first.line}: ${first.problem}; \`sluice topology check\` says all that is wrong`,
      { details: { file: name, line: first.line } },
    );
  }
  return topologies.map((topology) => ({
    title: topology.name === undefined ? title : `${title}: ${topology.name}`,
    ...(topology.name !== undefined && { name: topology.name }),
    plugin: topology.plugin,
    blockSizes: topology.blockSizes,
    graph: graphOfWritten(topology),
  }));
}

/** The graph of a model, with nodes that hang off no switch beside its roots, where they are seen. */
function withLooseNodes(model: Model): TopologyGraph {
  const graph = modelGraph(model, (node) => node);
  const nodes = [...model.nodes].flatMap(([name, { tiers }]): readonly (readonly [string, Vertex])[] =>
    tiers.length === 0 ? [[name, { id: name, name, children: new Map() }]] : [],
  );
  const children = new Map([...(graph.root?.children ?? []), ...nodes]);
  return { ...graph, root: { id: "", name: "", children } };
}

/** A model is a YAML mapping; a topology.conf has `Key=value` in its first line, and a topology.yaml is a list. */
function isModel(text: string): boolean {
  const first = text.split("\n").find((line) => !/^\s*(#|$|---\s*$)/.test(line));
  return first !== undefined && /^\s*["']?(switches|blocks)["']?\s*:/.test(first);
}

async function modelIn(text: string, name: string): Promise<Model> {
  try {
    return await readModel(text, name);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SluiceError("CONFIG_INVALID", why, { cause: error, details: { file: name } });
  }
}

async function textOf(path: string, read: () => Promise<string>): Promise<string> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new SluiceError("FILE_UNREADABLE", `cannot read ${path}: ${why}`, { cause: error, details: { path } });
  }
}
