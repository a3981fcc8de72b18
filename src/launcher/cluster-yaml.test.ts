import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SluiceError } from "../errors.ts";
import type { ClusterFile } from "../schema/cluster-file.ts";
import type { ClusterSpec, NodeSpec } from "../schema/cluster-spec.ts";
import { readClusterYaml, readSpecYaml, writeClusterYaml } from "./cluster-yaml.ts";

const path = "/w/cluster.yaml";
const small = `version: 1
driver: native
created: 2026-01-02T03:04:05.678Z
slurm: "22.05"
auth: munge
ports:
  slurmctld: 20001
  nodes:
    slurm: 20002
cluster:
  name: dev
  nodes:
    - name: slurm
      role: all-in-one
      cpus: 4
      memory: 4096
      partitions: [debug]
  partitions:
    - name: debug
      default: true
      max_time: "1:00:00"
`;

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/);
const feature = fc.stringMatching(/^[A-Za-z0-9_.-]{1,12}$/);
const port = fc.integer({ min: 1, max: 65_535 });
/** Leaves out what is undefined, as the schema's optional fields are. */
const sparse = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }, required: (keyof T)[]) =>
  fc.record(model, { requiredKeys: required });

const node: fc.Arbitrary<NodeSpec> = sparse(
  {
    name: label,
    role: fc.constantFrom("all-in-one" as const, "controller" as const, "compute" as const),
    cpus: fc.integer({ min: 1, max: 1024 }),
    memory: fc.integer({ min: 64, max: 100_000 }),
    gpus: fc.integer({ min: 0, max: 64 }),
    gpu_type: label,
    features: fc.array(feature, { maxLength: 3 }),
    partitions: fc.array(label, { maxLength: 3 }),
  },
  ["name", "role", "cpus", "memory"],
);
const spec: fc.Arbitrary<ClusterSpec> = sparse(
  {
    name: fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,20}[A-Za-z0-9])?$/),
    nodes: fc.array(node, { minLength: 1, maxLength: 4 }),
    partitions: fc.array(
      sparse(
        {
          name: label,
          default: fc.boolean(),
          nodes: fc.array(label, { maxLength: 3 }),
          max_time: fc.string({ minLength: 1, maxLength: 12 }),
          features: fc.array(feature, { maxLength: 2 }),
        },
        ["name"],
      ),
      { minLength: 1, maxLength: 3 },
    ),
    services: sparse({ registry: fc.boolean(), rest: fc.boolean() }, []),
    gpu_env: fc.constantFrom("none" as const, "nvidia" as const, "amd" as const),
  },
  ["name", "nodes", "partitions"],
);
const file: fc.Arbitrary<ClusterFile> = fc.record({
  version: fc.constant(1 as const),
  driver: fc.constantFrom("native" as const, "compose" as const),
  created: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.toISOString()),
  slurm: fc.constantFrom("22.05", "25.11"),
  auth: fc.constantFrom("munge" as const, "none" as const),
  ports: sparse({ ssh: port, slurmctld: port, nodes: fc.dictionary(label, port, { maxKeys: 3 }), registry: port }, [
    "slurmctld",
    "nodes",
  ]),
  cluster: spec,
});

describe("cluster.yaml", () => {
  test("what is written is read as it was", () => {
    fc.assert(
      fc.property(file, (value) => {
        expect(readClusterYaml(writeClusterYaml(value), path)).toEqual(value);
      }),
    );
  });

  test("nothing that can stand in a file throws anything but CONFIG_INVALID with file, line and column", () => {
    const noise = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.constantFrom("*a", "&a", "!!set", "? ", "<<: "),
    );
    const torn = fc
      .record({ at: fc.nat(small.length), length: fc.nat(40), text: noise })
      .map(({ at, length, text }) => small.slice(0, at) + text + small.slice(at + length));
    fc.assert(
      fc.property(fc.oneof(noise, torn), (text) => {
        for (const read of [readClusterYaml, readSpecYaml]) {
          const refusal = refusalOf(() => read(text, path));
          fc.pre(refusal !== undefined);
          expect(refusal.code).toBe("CONFIG_INVALID");
          expect(refusal.message).toMatch(/^\/w\/cluster\.yaml:\d+:\d+: /);
        }
      }),
      { numRuns: 500 },
    );
  });

  const change = (from: string, to: string): string => {
    expect(small).toContain(from);
    return small.replace(from, to);
  };

  test.each([
    ["broken YAML", () => change("auth: munge", "auth: [munge"), "6:1: is not YAML: "],
    [
      "an unknown alias",
      () => change("name: dev", "name: *dev"),
      '11:9: is not YAML: no anchor "dev" stands before this alias',
    ],
    [
      "aliases of aliases without end",
      () =>
        `${small}x0: &x0 [a, a, a, a, a, a, a, a, a, a]\n${[1, 2, 3].map((i) => `x${i}: &x${i} [${`*x${i - 1}, `.repeat(10)}]\n`).join("")}`,
      "1:1: Excessive alias count",
    ],
    ["a tab for indentation", () => change("  slurmctld", "\tslurmctld"), "7:1: is not YAML: Tabs are not allowed"],
    [
      "a key that stands twice",
      () => change("auth: munge", "driver: native"),
      "5:1: is not YAML: Map keys must be unique",
    ],
    ["an empty file", () => "", "1:1: holds no settings; it must be a YAML mapping"],
    ["a list", () => "- a\n- b\n", "1:1: holds no settings; it must be a YAML mapping"],
    [
      "a newer version",
      () => change("version: 1", "version: 2"),
      "1:10: was written by a newer Sluice (version 2; this one reads 1); update Sluice",
    ],
    ["a version that is none", () => change("version: 1", "version: one"), "1:10: version: "],
    ["an unknown key", () => change("auth: munge", "auth: munge\nflavour: mint"), '6:1: Unrecognized key: "flavour"'],
    [
      "an unknown key of a node",
      () => change("      memory: 4096", "      memory: 4096\n      disk: 10"),
      '17:7: cluster.nodes.0: Unrecognized key: "disk"',
    ],
    ["a count in words", () => change("cpus: 4", "cpus: four"), "15:13: cluster.nodes.0.cpus: Invalid input: expected"],
    ["no CPUs", () => change("cpus: 4", "cpus: 0"), "15:13: cluster.nodes.0.cpus: Too small: expected"],
    ["memory with a unit", () => change("memory: 4096", "memory: 4G"), "16:15: cluster.nodes.0.memory: Invalid input"],
    ["a port above all ports", () => change("20002", "70000"), "9:12: ports.nodes.slurm: Too big"],
    ["a missing field", () => change("      cpus: 4\n", ""), "13:7: cluster.nodes.0.cpus: Invalid input"],
    ["a driver that there is not", () => change("driver: native", "driver: vm"), "2:9: driver: Invalid option"],
    [
      "a node's name that is none",
      () => change("- name: slurm", "- name: Slurm_1"),
      "13:13: cluster.nodes.0.name: takes lower-case",
    ],
  ])("%s is refused with its place", (_, text, message) => {
    const error = refusalOf(() => readClusterYaml(text(), path));
    expect(error?.code).toBe("CONFIG_INVALID");
    expect(error?.message).toContain(`${path}:${message}`);
    const [line, column] = message.split(":").map(Number);
    expect(error?.details).toEqual({ file: path, line, column });
  });
});

describe("the spec of --config", () => {
  const bare = small
    .slice(small.indexOf("cluster:\n") + "cluster:\n".length)
    .split("\n")
    .map((line) => line.slice(2))
    .join("\n");

  test("is the cluster: part of a cluster.yaml, or that part alone", () => {
    expect(readSpecYaml(small, path).nodes).toHaveLength(1);
    expect(readSpecYaml(bare, path)).toEqual(readSpecYaml(small, path));
  });

  test.each([
    [
      "partitions: [debug]",
      "partitions: [debug, gpu]",
      '7:25: node "slurm" names partition "gpu", which does not exist',
    ],
    [
      "  default: true",
      "  default: true\n    nodes: [slurm, cpu-0]",
      '11:20: partition "debug" names node "cpu-0", which does not exist',
    ],
    ["role: all-in-one", "role: controller", "3:3: has no node to run jobs on; add one of role compute or all-in-one"],
    [
      "partitions:\n  - name: debug",
      "partitions:\n  - name: debug\n  - name: debug",
      '10:11: two partitions are called "debug"',
    ],
    [
      "nodes:\n",
      "nodes:\n  - { name: slurm, role: compute, cpus: 1, memory: 64 }\n",
      '4:11: two nodes are called "slurm"',
    ],
    [
      "nodes:\n",
      "nodes:\n  - { name: head, role: controller, cpus: 1, memory: 64 }\n",
      "3:3: has more than one controller; one node alone is controller or all-in-one",
    ],
  ])("%j as %j is refused with its place", (from, to, message) => {
    expect(bare).toContain(from);
    const error = refusalOf(() => readSpecYaml(bare.replace(from, to), path));
    expect([error?.code, error?.message]).toEqual(["CONFIG_INVALID", `${path}:${message}`]);
  });

  test.each([
    ["- {name: top, switches: [leaf]}", "24:9: switch top has a child leaf that no line defines"],
    ["- {name: top, nodes: [other]}", "24:9: the cluster has no node other"],
    ["- {name: top, nodes: [slurm]}\n      - {name: top, nodes: [slurm]}", "25:9: line 24 defines switch top too"],
    ['- {name: "a b", nodes: [slurm]}', "24:16: cluster.topology.switches.0.name: takes letters, digits and signs"],
    ["- {name: a, switches: [b]}\n      - {name: b, switches: [a]}", "24:9: switches a, b form a ring"],
  ])("refuses the switches %j, and says where", (switches, message) => {
    const error = refusalOf(() => readSpecYaml(`${small}  topology:\n    switches:\n      ${switches}\n`, path));
    expect([error?.code, error?.message]).toEqual(["CONFIG_INVALID", expect.stringContaining(`${path}:${message}`)]);
  });

  test("keeps the switches of a cluster", () => {
    const text = `${small}  topology:\n    switches:\n      - {name: leaf, nodes: [slurm]}\n`;
    expect(readSpecYaml(text, path).topology).toEqual({ switches: [{ name: "leaf", nodes: ["slurm"] }] });
  });
});

/** The error that `act` refuses with, `undefined` where it does not; one of another class is thrown on. */
function refusalOf(act: () => unknown): SluiceError | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
}
