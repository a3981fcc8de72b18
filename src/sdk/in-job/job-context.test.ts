import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compressHostlist } from "../../slurm/values/hostlist.ts";
import { JobContext, readJobContext, type JobPlace } from "./job-context.ts";

const place: JobPlace = {
  folder: "/base/jobs/01JD0000000000000000000000",
  sharedFolder: "/shared",
  task: undefined,
  hostname: "here",
  now: new Date(0),
  signal: () => new AbortController().signal,
};

describe("what a job knows of itself", () => {
  test("is read from srun's variables", () => {
    const context = readJobContext(
      {
        SLURM_JOB_ID: "12",
        SLURM_STEP_ID: "0",
        SLURM_PROCID: "3",
        SLURM_LOCALID: "1",
        SLURM_NODEID: "1",
        SLURM_NTASKS: "6",
        SLURM_NNODES: "4",
        SLURM_JOB_NODELIST: "n[1-4]",
        SLURM_STEP_NODELIST: "n[2-3]",
        SLURM_STEP_NUM_NODES: "2",
        SLURM_STEP_NUM_TASKS: "4",
        SLURM_STEP_TASKS_PER_NODE: "2(x2)",
        SLURM_GPUS_PER_NODE: "a100:2,h100:1",
        SLURM_JWT: "secret",
        SLUICE_ATTEMPT: "2",
        HOME: "/root",
      },
      { ...place, task: 4 },
    );
    expect(context).toMatchObject({
      id: "01JD0000000000000000000000",
      jobId: "12",
      stepId: "0",
      nodeRank: 1,
      rank: 3,
      localRank: 1,
      worldSize: 4,
      numNodes: 2,
      localWorldSize: 2,
      gpusPerNode: 3,
      hostnames: ["n2", "n3"],
      masterAddr: "n2",
      masterPort: 29_500,
      arrayIndex: 4,
      attempt: 2,
      outputDir: place.folder,
      sharedDir: "/shared",
    });
    expect(context.environment).not.toHaveProperty("SLURM_JWT");
    expect(context.environment).not.toHaveProperty("HOME");
    expect(context.torchDistributedEnv()).toEqual({
      MASTER_ADDR: "n2",
      MASTER_PORT: "29500",
      WORLD_SIZE: "4",
      RANK: "3",
      LOCAL_RANK: "1",
      LOCAL_WORLD_SIZE: "2",
      NODE_RANK: "1",
    });
  });

  test("is that of one process on this node where Slurm says nothing", () => {
    const context = readJobContext({}, place);
    expect(context).toMatchObject({
      rank: 0,
      worldSize: 1,
      numNodes: 1,
      localWorldSize: 1,
      gpusPerNode: 0,
      attempt: 1,
    });
    expect(context).toMatchObject({
      hostnames: ["here"],
      masterAddr: "here",
      stepId: undefined,
      arrayIndex: undefined,
    });
  });

  test("has the counts of processes that each node has, whatever they are", () => {
    const counts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(counts, fc.nat(), (perNode, seed) => {
        const node = seed % perNode.length;
        const names = perNode.map((_, i) => `n${i}`);
        const context = readJobContext(
          {
            SLURM_NODEID: String(node),
            SLURM_JOB_NODELIST: compressHostlist(names),
            SLURM_TASKS_PER_NODE: runLengths(perNode),
          },
          place,
        );
        expect(context.localWorldSize).toBe(perNode[node]);
        expect(context.worldSize).toBe(perNode.reduce((sum, count) => sum + count, 0));
        expect(context.numNodes).toBe(perNode.length);
        expect(context.hostnames).toEqual(names);
      }),
    );
  });

  test("is never anything but whole numbers and names, however odd the variables are", () => {
    const names = [
      "PROCID",
      "LOCALID",
      "NODEID",
      "NTASKS",
      "NNODES",
      "JOB_NODELIST",
      "TASKS_PER_NODE",
      "GPUS_PER_NODE",
    ];
    const odd = fc.oneof(fc.string(), fc.constantFrom("-1", "1e9", "n[1-", "4(x", "2(x99999)", "", "0x10", "NaN"));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names.map((name) => `SLURM_${name}`)), odd), (variables) => {
        const context = readJobContext(variables, place);
        const { rank, localRank, nodeRank, worldSize, numNodes, localWorldSize, gpusPerNode } = context;
        for (const count of [rank, localRank, nodeRank, worldSize, numNodes, localWorldSize, gpusPerNode]) {
          expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
        }
        expect(context.hostnames.length).toBeGreaterThan(0);
      }),
    );
  });

  test("cannot be asked for outside of a job", () => {
    expect(() => JobContext.current()).toThrow(expect.objectContaining({ code: "NOT_IN_JOB" }));
  });
});

/** `2(x3),1`, as Slurm writes it. */
function runLengths(counts: readonly number[]): string {
  const runs: { count: number; times: number }[] = [];
  for (const count of counts) {
    const last = runs.at(-1);
    if (last?.count === count) last.times += 1;
    else runs.push({ count, times: 1 });
  }
  return runs.map(({ count, times }) => (times === 1 ? String(count) : `${count}(x${times})`)).join(",");
}
