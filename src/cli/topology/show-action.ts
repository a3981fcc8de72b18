import { SluiceError } from "../../errors.ts";
import type { NamedTopology } from "../../topology/load-topology.ts";
import { drawTopology } from "../../topology/picture/draw-topology.ts";
import type { Context } from "../command.ts";
import { widthOf } from "../table.ts";
import { writeResult } from "./output-file.ts";
import { invalid } from "./provider-request.ts";
import type { ShowOptions } from "./show.ts";
import { clusterTopologies, providerTopology, topologiesOf } from "./topology-source.ts";
import { treeJson, treeText } from "./tree-text.ts";

/** `sluice topology show`. */
export async function show(context: Context, file: string | undefined, options: ShowOptions): Promise<void> {
  const topologies = await asked(context, file, options);
  const { io } = context;
  if (options.svg !== undefined) {
    await writeResult(context, options.svg, drawing(topologies, options.title));
    if (options.svg !== "-") io.err(`wrote ${options.svg}\n`);
    return;
  }
  if (options.json === true) {
    io.out(`${JSON.stringify(topologies.map(treeJson), undefined, 2)}\n`);
    return;
  }
  const { environment } = await context.config();
  const isPlain = (environment["NO_COLOR"] ?? "") !== "" || environment["TERM"] === "dumb";
  const shape = { columns: widthOf(io), colour: io.isTTY && !isPlain };
  for (const [i, topology] of topologies.entries()) {
    // As bytes: names are made visible where they stand, and the colours between them are for the terminal.
    io.out(Buffer.from((i === 0 ? "" : "\n") + treeText(topology, shape)));
    await io.drained();
  }
}

async function asked(
  context: Context,
  file: string | undefined,
  options: ShowOptions,
): Promise<readonly NamedTopology[]> {
  const { cluster, provider, model } = options;
  const sources = [file, cluster, provider ?? model].filter((source) => source !== undefined);
  if (sources.length !== 1) throw invalid("topology show", "name one of a file, --cluster, --provider and --model");
  if (file !== undefined) return topologiesOf(context, file);
  if (cluster !== undefined) return clusterTopologies(context, cluster);
  if (provider === undefined && model !== undefined) return topologiesOf(context, model);
  return [await providerTopology(context, options)];
}

/** One picture; of several topologies that of the first that is not flat. */
function drawing(topologies: readonly NamedTopology[], title: string | undefined): string {
  const drawn = topologies.find(({ plugin }) => plugin !== "topology/flat") ?? topologies[0];
  if (drawn === undefined) throw new SluiceError("CONFIG_INVALID", "there is no topology to draw");
  return drawTopology(drawn.graph, title ?? drawn.title);
}
