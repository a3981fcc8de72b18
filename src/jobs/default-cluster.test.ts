import { expect, test } from "vitest";
import { chooseDefault, type DefaultSources } from "./default-cluster.ts";

const nothing: DefaultSources = {
  testCluster: undefined,
  nearest: undefined,
  settings: () => undefined,
  localSlurm: async () => undefined,
  all: async () => [],
};
const path = "/p/sluice.yaml";

test.for<[string, Partial<DefaultSources>, string | undefined, RegExp]>([
  ["the environment before the folder", { testCluster: "env", nearest: "near" }, "env", /SLURM_TEST_CLUSTER/],
  [
    "the folder before the settings",
    { nearest: "near", settings: () => ({ path, default: "a", names: ["a"] }) },
    "near",
    /nearest test cluster/,
  ],
  [
    "the default of the settings",
    { settings: () => ({ path, default: "b", names: ["a", "b"] }) },
    "b",
    /default of \/p\/sluice.yaml/,
  ],
  [
    "the only one of the settings",
    { settings: () => ({ path, names: ["a"] }), localSlurm: async () => "l" },
    "a",
    /only cluster of/,
  ],
  [
    "none of several of the settings",
    { settings: () => ({ path, names: ["a", "b"] }), localSlurm: async () => "l" },
    undefined,
    /2 clusters and no default/,
  ],
  ["none where the settings have none", { settings: () => ({ path, names: [] }) }, undefined, /has no cluster/],
  [
    "a Slurm of this host before others",
    { localSlurm: async () => "l", all: async () => ["l", "t"] },
    "l",
    /installed/,
  ],
  ["the only one there is", { all: async () => ["t"] }, "t", /only cluster of this user/],
])("a job without a cluster goes to %s", async ([, sources, name, because]) => {
  const chosen = await chooseDefault({ ...nothing, ...sources });
  expect(chosen.name).toBe(name);
  expect(chosen.because).toMatch(because);
});
