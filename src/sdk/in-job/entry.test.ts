import { expect, test } from "vitest";
import { Cluster as RealCluster } from "../cluster.ts";
import * as index from "../index.ts";
import * as entry from "./entry.ts";
import { whileLoading } from "./in-job.ts";

test("the code of a task may import whatever the package gives", () => {
  expect(Object.keys(entry).sort()).toEqual(Object.keys(index).sort());
});

test("a cluster of a task can be made as any other, and does nothing", () => {
  const made = (["fromConfig", "fromSlurmfile", "fromEnv", "fromTestCluster", "forTesting", "fromUrl"] as const).map(
    (name) => entry.Cluster[name](),
  );
  for (const cluster of made) expect(cluster).toBeInstanceOf(entry.Cluster);
  const statics = (of: object): string[] => Object.getOwnPropertyNames(of).filter((name) => /^(from|for)/.test(name));
  expect(statics(entry.Cluster).sort()).toEqual(statics(RealCluster).sort());
  const methods = (of: object): string[] => Object.getOwnPropertyNames(of).filter((name) => name !== "description");
  expect(methods(entry.Cluster.prototype).sort()).toEqual(methods(RealCluster.prototype).sort());
});

test("whatever it is asked for is refused, and says what to do", async () => {
  const cluster = new entry.Cluster();
  const verbs = ["name", "submit", "map", "run", "sbatch", "use", "job", "arrayJob", "submitCall", "mapCalls"] as const;
  for (const verb of verbs) {
    expect(() => cluster[verb]()).toThrow(expect.objectContaining({ code: "IN_JOB_SUBMIT" }));
    expect(() => cluster[verb]()).toThrow(/make it a workflow/);
  }
  await expect(whileLoading(async () => cluster.submit())).rejects.toThrow(/while the module .* is loaded/);
  cluster.on()[Symbol.dispose]();
  await cluster.close();
});
