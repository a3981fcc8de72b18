import { SluiceError } from "../../errors.ts";
import type { NamedTopology } from "../../topology/load-topology.ts";
import { drawTopology } from "../../topology/picture/draw-topology.ts";
import type { Context } from "../command.ts";
import { widthOf } from "../table.ts";
import { tellWritten, writeResult } from "./output-file.ts";
import { invalid } from "./provider-request.ts";
import type { ShowOptions } from "./show.ts";
import { clusterTopologies, providerTopology, topologiesOf } from "./topology-source.ts";
import { treeJson, treeText } from "./tree-text.ts";

/** `sluice topology show`. */
export async function show(context: Context, file: string | undefined, options: ShowOptions): Promise<void> {
  const topologies = chosen(await asked(context, file, options), options.topology);
  const { io } = context;
  if (options.svg !== undefined) {
    const drawn = drawnOf(topologies);
    await writeResult(context, options.svg, drawTopology(drawn.graph, options.title ?? drawn.title));
    tellWritten(context, options.svg);
    if (topologies.length > 1) {
      io.err(`  it shows ${drawn.name ?? drawn.title}, one of ${topologies.length}; --topology names another\n`);
    }
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

/** What only a provider could heed is not passed over in silence. */
function refuseProviderOptions(options: ShowOptions): void {
  for (const name of ["nodes", "region", "param", "params", "credentials"] as const) {
    if (options[name] !== undefined) throw invalid(`--${name}`, "is for --provider alone");
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
  if (provider === undefined) refuseProviderOptions(options);
  if (file !== undefined) return topologiesOf(context, file);
  if (cluster !== undefined) return clusterTopologies(context, cluster);
  if (provider === undefined && model !== undefined) return topologiesOf(context, model);
  return [await providerTopology(context, options)];
}

function chosen(topologies: readonly NamedTopology[], name: string | undefined): readonly NamedTopology[] {
  if (name === undefined) return topologies;
  const found = topologies.filter((topology) => topology.name === name);
  if (found.length > 0) return found;
  const names = topologies.flatMap((topology) => topology.name ?? []);
  const known = names.length === 0 ? "only those of a topology.yaml have names" : `there are ${names.join(", ")}`;
  throw invalid("--topology", `there is none called ${JSON.stringify(name)}; ${known}`);
}

/** A picture is of one topology: of several the first that is not flat. */
function drawnOf(topologies: readonly NamedTopology[]): NamedTopology {
  const drawn = topologies.find(({ plugin }) => plugin !== "topology/flat") ?? topologies[0];
  if (drawn === undefined) throw new SluiceError("CONFIG_INVALID", "there is no topology to draw");
  return drawn;
}
