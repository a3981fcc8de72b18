import { expect, test } from "vitest";
import { mockCluster } from "../testing/mock-cluster.ts";
import { task } from "./define/task.ts";
import { JobTimeoutError } from "./job-end-errors.ts";

const square = task({ name: "square" }, (n: number) => n * n);
const add = task({ name: "add" }, (a: number, b: number) => a + b);

test("items become one array, its values come in their order", async () => {
  await using cluster = mockCluster({ outcomes: [{ returnsFrom: (_, index = 0) => (index + 1) ** 2 }] });
  const array = await cluster.map(square, [1, 2, 3], { maxConcurrent: 2 });
  expect(array.length).toBe(3);
  expect(array.script).toContain("#SBATCH --array=0-2%2\n");
  expect(await array.results()).toEqual([1, 4, 9]);
  expect(cluster.submissions).toHaveLength(1);
  expect(await array.states()).toEqual(["completed", "completed", "completed"]);
  expect(Array.from(array, ({ nativeId }) => nativeId)).toEqual(["mock-1_0", "mock-1_1", "mock-1_2"]);
  expect(await array.at(-1)?.result()).toBe(9);
});

test("a list among the items is all arguments of its call", async () => {
  await using cluster = mockCluster();
  const array = await cluster.map(add, [
    [1, 2],
    [3, 4],
  ]);
  expect(array.script).toContain('\n{"args":[1,2]}\n{"args":[3,4]}\n');
});

test("without items nothing is submitted, and the array is empty", async () => {
  await using cluster = mockCluster();
  const array = await cluster.map(square, []);
  expect([array.length, await array.results(), await array.settled()]).toEqual([0, [], []]);
  for await (const job of array) throw new Error(`there is ${job.id}`);
  const total = await cluster.submit(square, { after: array })(1);
  expect(cluster.submissions).toHaveLength(1);
  expect(total.script).not.toContain("dependency");
});

test("tasks come as they end, and each for itself", async () => {
  const outcomes = [
    { tasks: "0", polls: 30 },
    { tasks: "1", ends: "timeout", polls: 10 },
  ] as const;
  await using cluster = mockCluster({ outcomes: [...outcomes] });
  const array = await cluster.map(square, [1, 2, 3]);
  const order: (number | undefined)[] = [];
  for await (const job of array) order.push(job.task);
  expect(order).toEqual([2, 1, 0]);
  const settled = await array.settled();
  expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  await expect(array.results()).rejects.toBeInstanceOf(JobTimeoutError);
  await expect(array.at(1)?.wait()).rejects.toMatchObject({ nativeId: "mock-1_1" });
});

test("who waits no longer is told how many tasks have ended", async () => {
  await using cluster = mockCluster({ outcomes: [{ tasks: "1", ends: "never" }] });
  const array = await cluster.map(square, [1, 2]);
  await array.at(0)?.wait();
  await expect(array.results({ timeout: 50 })).rejects.toMatchObject({
    code: "DEADLINE_EXCEEDED",
    message: expect.stringContaining("1 of its 2 tasks have"),
  });
});

test("a task of an array cannot be cancelled alone, all can together", async () => {
  await using cluster = mockCluster({ outcomes: [{ ends: "never" }] });
  const array = await cluster.map(square, [1, 2]);
  await expect(array.at(0)?.cancel()).rejects.toMatchObject({ code: "CAPABILITY_MISSING" });
  await array.cancel();
  expect((await array.settled()).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
});

test.each([0, -1, 1.5, "2"])("%j is no number of tasks at once", async (maxConcurrent) => {
  await using cluster = mockCluster();
  const options: object = { maxConcurrent };
  await expect(cluster.map(square, [1], { ...options })).rejects.toMatchObject({
    code: "INPUT_INVALID",
    details: { field: "maxConcurrent" },
  });
});

test("of arguments that cannot travel the item is named", async () => {
  await using cluster = mockCluster();
  await expect(cluster.mapCalls(square.definition, [1, () => 2])).rejects.toMatchObject({
    code: "NOT_SERIALISABLE",
    message: expect.stringMatching(/^items\[1\]: args\[0\] is a function/),
  });
  expect(cluster.submissions).toHaveLength(0);
});
