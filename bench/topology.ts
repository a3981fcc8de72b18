import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { syntheticModel } from "../src/topology/models/synthetic-model.ts";
import { inMs, type Comparison, type Figure } from "./comparison.ts";
import { interleave, median, type Timing } from "./interleave.ts";
import { runCommand } from "./run-command.ts";

const source = fileURLToPath(new URL("topology-process.ts", import.meta.url));
const packages = fileURLToPath(new URL("../node_modules/", import.meta.url));

/** How time grows is told by the last two. */
const sizes = [1_000, 10_000, 100_000] as const;
const largest = 100_000;

/** Eighteen processes a round: more rounds would take longer than all other rows. */
const mostRounds = 5;

/** Nodes of one accelerator domain, as racks of 18 computers have them; leaf switches have 32, so that neither ends with the other. */
const domainSize = 18;

const budgets = { time: { atMost: 500 }, growth: { atMost: 12 }, memory: { atMost: 300 } } as const;

interface Output {
  readonly name: string;
  engineParams(nodes: number): Readonly<Record<string, unknown>>;
}

const outputs: readonly Output[] = [
  { name: "a tree", engineParams: () => ({ plugin: "topology/tree" }) },
  { name: "blocks", engineParams: () => ({ plugin: "topology/block" }) },
  {
    name: "blocks of given sizes",
    engineParams: () => ({ plugin: "topology/block", blockSizes: [domainSize, 8 * domainSize] }),
  },
  ...[1, 10, 100].map((count): Output => ({
    name: count === 1 ? "YAML of one partition" : `YAML of ${count} partitions`,
    engineParams: (nodes) => ({ topologies: partitions(count, nodes) }),
  })),
];

/** Trees and blocks in turn, which share the nodes among them. */
function partitions(count: number, nodes: number): Readonly<Record<string, unknown>> {
  const size = nodes / count;
  const nameOf = (index: number) => String(index).padStart(String(nodes).length, "0");
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `part-${index + 1}`,
      {
        plugin: index % 2 === 0 ? "topology/tree" : "topology/block",
        nodes: [`n[${nameOf(index * size + 1)}-${nameOf((index + 1) * size)}]`],
      },
    ]),
  );
}

/**
 * How long a request for topology takes from its bytes to those of the answer, of a model that is read from disk, in a process
 * that has done nothing before; how that grows with the nodes; and the most memory that the process has.
 */
export async function topology(rounds: number): Promise<readonly Comparison[]> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-bench-topology-"));
  // Packages are found from here, and the models that come with Sluice two folders up, as from `dist`.
  const home = await mkdtemp(join(packages, ".bench-topology-"));
  try {
    const program = join(home, "topology-process.js");
    await bundle(program);
    // The first of each is of the round that is not counted.
    const peaks = new Map<string, number[]>();
    const contenders = await Promise.all(
      outputs.flatMap((output) =>
        sizes.map(async (nodes) => {
          const name = contenderName(output, nodes);
          const request = await writeRequest(folder, output, nodes);
          const peaksOfThis: number[] = [];
          peaks.set(name, peaksOfThis);
          return {
            name,
            async run() {
              const { elapsedMs, peakMB } = await answer(program, request);
              peaksOfThis.push(peakMB);
              return elapsedMs;
            },
          };
        }),
      ),
    );
    const timings = await interleave(contenders, Math.min(rounds, mostRounds));
    return outputs.flatMap((output) => rowsOf(output, timings, peaks));
  } finally {
    await Promise.all([folder, home].map((path) => rm(path, { recursive: true })));
  }
}

async function writeRequest(folder: string, output: Output, nodes: number): Promise<string> {
  const model = join(folder, `${nodes}.yaml`);
  await writeFile(model, syntheticModel({ nodes, domainSize }));
  const request = join(folder, `${contenderName(output, nodes)}.json`);
  const provider = { name: "nscale-sim", params: { modelFileName: model } };
  const engine = { name: "slurm", params: output.engineParams(nodes) };
  await writeFile(request, JSON.stringify({ provider, engine }));
  return request;
}

/** Makes JavaScript of the program, as users run it: to read TypeScript takes 35 MB of a process. */
async function bundle(outfile: string): Promise<void> {
  await build({
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "error",
  });
}

async function answer(
  program: string,
  request: string,
): Promise<{ readonly elapsedMs: number; readonly peakMB: number }> {
  const told: unknown = JSON.parse(await runCommand([process.execPath, program, request]));
  if (
    typeof told === "object" &&
    told !== null &&
    "elapsedMs" in told &&
    typeof told.elapsedMs === "number" &&
    "peakMB" in told &&
    typeof told.peakMB === "number" &&
    "length" in told &&
    typeof told.length === "number" &&
    told.length > 0
  ) {
    return { elapsedMs: told.elapsedMs, peakMB: told.peakMB };
  }
  throw new Error(`${program} answered ${JSON.stringify(told)}`);
}

function rowsOf(
  output: Output,
  timings: readonly Timing[],
  peaks: ReadonlyMap<string, readonly number[]>,
): readonly Comparison[] {
  const [small, middle, large] = sizes.map((nodes) => figureOf(output, nodes, timings));
  const memory = peaks.get(contenderName(output, largest))?.slice(1) ?? [];
  if (small === undefined || middle === undefined || large === undefined) throw new Error("a contender is missing");
  const what = `topology of 100,000 nodes as ${output.name}`;
  return [
    { what: `topology of 1,000 nodes as ${output.name}`, ours: small },
    { what, ours: large, budget: budgets.time },
    { what: `${what}, growth`, ours: large, against: middle, budget: budgets.growth },
    {
      what: `${what}, memory`,
      ours: { name: output.name, runs: memory, median: median(memory), unit: "MB" },
      budget: budgets.memory,
    },
  ];
}

function figureOf(output: Output, nodes: number, timings: readonly Timing[]): Figure | undefined {
  const timing = timings.find(({ name }) => name === contenderName(output, nodes));
  return timing && { ...inMs(timing), name: `${nodes.toLocaleString("en-GB")} nodes` };
}

function contenderName(output: Output, nodes: number): string {
  return `${nodes} nodes as ${output.name}`;
}
