import * as fc from "fast-check";
import { expect, test } from "vitest";
import { modelHost } from "../../../test/simulated-topology.ts";
import type { ComputeInstances, TopologyGraph, Vertex } from "../graph/topology-graph.ts";
import { engineKinds } from "../engines/registry.ts";
import { toParamMap } from "../params/to-param-map.ts";
import { runTopology } from "../service/run-topology.ts";
import { providerKinds } from "./registry.ts";

const clouds = providerKinds.kinds.filter((kind) => kind.endsWith("-sim") && kind !== "infiniband-sim");

/** Models whose nodes are numbers in one region and have a zone, in trees of any shape; some hang off no switch. */
const models = fc
  .array(fc.record({ parent: fc.nat(), nodes: fc.nat(4), domain: fc.nat(3), isPlaced: fc.boolean() }), {
    minLength: 1,
    maxLength: 25,
  })
  .map((rows) => {
    const parents = rows.map(({ parent }, index) => (index === 0 ? undefined : parent % index));
    const switches = rows.map((_, index) => {
      const children = parents.flatMap((parent, child) => (parent === index ? [`s${child}`] : []));
      return `  s${index}: {switches: [${children.join(", ")}]}`;
    });
    const names = rows.map(({ nodes }, index) => Array.from({ length: nodes }, (_, node) => `${100 + index}${node}`));
    const blocks = rows.flatMap(({ domain, isPlaced }, index) => {
      const quoted = (names[index] ?? []).map((name) => `"${name}"`);
      if (quoted.length === 0) return [];
      const annotations = domain === 0 ? "" : `, annotations: {accelerator.topology.test/domain: d${domain}}`;
      const place = isPlaced ? `switch: s${index}, ` : "";
      return [`  - {${place}nodes: [${quoted.join(", ")}], labels: {topology.kubernetes.io/zone: z}${annotations}}`];
    });
    return { switches, blocks, names: names.flat() };
  });

function textOf({
  switches,
  blocks,
}: {
  readonly switches: readonly string[];
  readonly blocks: readonly string[];
}): string {
  return ["switches:", ...switches, "blocks:", ...blocks].join("\n");
}

function nodesOf({ root }: TopologyGraph): string[] {
  const names: string[] = [];
  const queue: Vertex[] = [...(root?.children.values() ?? [])];
  for (const vertex of queue) {
    if (vertex.children.size === 0) names.push(vertex.name);
    else queue.push(...vertex.children.values());
  }
  return names.sort();
}

test.each(clouds)("%s places every requested node exactly once, whatever the model and the request", async (kind) => {
  await fc.assert(
    fc.asyncProperty(models, fc.nat(2), fc.nat(4), async ({ names, ...model }, every, trimTiers) => {
      const { signal } = new AbortController();
      const params = toParamMap({ modelFileName: "m.yaml", trimTiers });
      const provider = await providerKinds
        .get(kind)
        .open({ creds: new Map(), params }, modelHost({ "m.yaml": textOf(model) }), signal);
      const wanted = [...names.filter((_, index) => index % (every + 1) === 0), "99999"];
      const instances = new Map(wanted.map((name) => [name, `node-${name}`]));
      const request: readonly ComputeInstances[] = [{ region: "r", instances }];
      fc.pre(kind !== "crusoe-sim" || wanted.length > 1);
      const graph = await provider.graph({ instances: request }, signal);
      expect(nodesOf(graph)).toEqual(wanted.map((name) => `node-${name}`).sort());
      const inDomains = [...(graph.domains?.values() ?? [])].flatMap((hosts) => [...hosts.keys()]);
      expect(new Set(inDomains).size).toBe(inDomains.length);
    }),
    { numRuns: 40 },
  );
});

const engines: readonly (readonly [engine: string, params: Readonly<Record<string, unknown>>])[] = [
  ["slurm", {}],
  ["slurm", { plugin: "topology/block" }],
  ["slurm", { plugin: "topology/block", blockSizes: [2, 4] }],
  ["graph", {}],
];

/** What all engines write, or why they do not. */
async function written(kind: string, text: string, names: readonly string[]): Promise<readonly string[]> {
  const deps = { host: modelHost({ "m.yaml": text }), providers: providerKinds, engines: engineKinds };
  const nodes = [{ region: "r", instances: new Map(names.map((name) => [name, `node-${name}`])) }];
  const provider = { name: kind, params: toParamMap({ modelFileName: "m.yaml" }), creds: undefined };
  return Promise.all(
    engines.map(([name, params]) =>
      runTopology({ provider, engine: { name, params: toParamMap(params) }, nodes }, deps, new AbortController().signal)
        .then(({ body }) => body)
        .catch((error: unknown) => String(error)),
    ),
  );
}

test.each(clouds)("%s has the same written in whatever order the model and the request say it", async (kind) => {
  await fc.assert(
    fc.asyncProperty(
      models.chain(({ switches, blocks, names }) =>
        fc.tuple(
          fc.constant({ switches, blocks, names }),
          fc.record({ switches: shuffled(switches), blocks: shuffled(blocks), names: shuffled(names) }),
        ),
      ),
      async ([model, other]) => {
        const [one, two] = [model, other].map((said) => written(kind, textOf(said), said.names));
        expect(await two).toEqual(await one);
      },
    ),
    { numRuns: 20 },
  );
});

function shuffled(lines: readonly string[]): fc.Arbitrary<string[]> {
  return fc.shuffledSubarray([...lines], { minLength: lines.length });
}
