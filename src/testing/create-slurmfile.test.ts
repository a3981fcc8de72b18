import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Cluster } from "../sdk/cluster.ts";
import type { ClusterConfig } from "../sdk/cluster-config.ts";
import { createSlurmfile } from "./create-slurmfile.ts";
import { gpuTestConfig } from "./test-configs.ts";

test.each<[ClusterConfig, string]>([
  [gpuTestConfig({ gpus: 4 }), "a test cluster of its own"],
  [{ testCluster: "mine", hostname: "localhost", port: 2222, username: "ada" }, 'test cluster "mine"'],
  [{ url: "http://localhost:7373" }, "the gateway at http://localhost:7373"],
  [{ hostname: "login", username: "ada" }, 'cluster "ada@login"'],
  [{ backend: "process", name: "here" }, 'cluster "here"'],
])("a Slurmfile of %j means %s", (config, description) => {
  using slurmfile = createSlurmfile({ ...config, submit: { time: "2m", gpus: 1 }, packaging: "source" });
  expect(Cluster.fromSlurmfile(slurmfile.path).description).toBe(description);
  expect(readFileSync(slurmfile.path, "utf8")).toMatch(/\[default.submit\][^[]*time = "2m"/);
});

test("the file is gone at the end of its block", () => {
  let path = "";
  {
    using slurmfile = createSlurmfile(gpuTestConfig());
    ({ path } = slurmfile);
    expect(existsSync(path)).toBe(true);
  }
  expect(existsSync(path)).toBe(false);
});
