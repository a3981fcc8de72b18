import { expect, test } from "vitest";
import { task } from "../sdk/define/task.ts";
import { mockCluster } from "./mock-cluster.ts";

const add = task({ cpus: 2 }, function add(a: number, b: number) {
  return a + b;
});
const sum = task(function sum(values: readonly number[]) {
  return values.length;
});

test("a value that was said goes from job to job, and arrays have one for each task", async () => {
  await using cluster = mockCluster({
    outcomes: [
      { task: "add", tasks: "1", returns: 20 },
      { task: "add", returns: 10 },
      { task: "sum", returnsFrom: ({ script }) => script.includes("$job") },
    ],
  });
  const array = await cluster.map(add, [
    [1, 2],
    [3, 4],
  ]);
  const total = await cluster.submit(sum)([await cluster.submit(add)(1, 2), 5]);
  expect(await total.wait()).toBe(true);
  expect(await array.results()).toEqual([10, 20]);
  expect(cluster.submissions.map(({ options }) => options.get("array") ?? options.get("dependency"))).toEqual([
    "0-1",
    undefined,
    expect.stringMatching(/^afterok:2$|^afterok:mock-2$/),
  ]);
});

test("with bundles, what cannot come to a node is refused as on a real cluster", async () => {
  const inner = task(function inner() {});
  await using lenient = mockCluster();
  expect((await lenient.submit(inner)()).id).toBe("mock-1");
  await using strict = mockCluster({ bundles: true });
  await expect(strict.submit(inner)()).rejects.toMatchObject({ code: "TASK_NOT_REGISTERED" });
  const job = await strict.submit(add)(1, 2);
  expect(job.script).toMatch(/\/mock\/files\/[0-9a-f]{64}/);
});

test("a mock for the time of a function", async () => {
  const used = mockCluster(async (cluster) => (await cluster.submit(add)(1, 2)).wait(), { outcomes: [{ returns: 3 }] });
  expect(await used).toBe(3);
});
