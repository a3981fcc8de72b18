import { expect, test } from "vitest";
import { SluiceError } from "../errors.ts";
import type { Cluster } from "../jobs/cluster.ts";
import { unasked } from "../jobs/unasked-cluster.contract.ts";
import { vanishingCluster } from "./vanishing-cluster.ts";

const signal = new AbortController().signal;
const made = { ...unasked, kind: "made-up", name: "made-up", capabilities: new Set([]) } satisfies Cluster;

test("what is asked reaches the cluster whole: a look for a job ends late attempts there too", async () => {
  const looks: unknown[] = [];
  const cluster: Cluster = {
    ...made,
    async find(...asked) {
      looks.push(asked);
      return undefined;
    },
  };
  await vanishingCluster(cluster, () => undefined).find("01J", signal, 3);
  expect(looks).toEqual([["01J", signal, 3]]);
});

test("one that has stopped is asked nothing of its scheduler, and its files are there all the same", async () => {
  const stopped = new SluiceError("CLUSTER_NOT_RUNNING", "it is stopped");
  const cluster = vanishingCluster({ ...made, keptFile: async () => "/files/abc" }, () => stopped);
  await expect(cluster.queue(signal)).rejects.toBe(stopped);
  await expect(cluster.find("01J", signal)).rejects.toBe(stopped);
  expect(await cluster.submitAll([], signal)).toEqual([]);
  expect(await cluster.keptFile("abc", signal)).toBe("/files/abc");
});
