import { expect, test } from "vitest";
import { expandOutputPattern, outputOfTask } from "./output-path.ts";

const facts = { jobId: 47, arrayJobId: 46, task: 7, user: "root", name: "nm", batchHost: "vm", workDirectory: "/w d" };

/** What slurmd 22.05 made of each pattern for job 47, task 7 of array 46; `output-path.slurm.test.ts` asks it again. */
test.each([
  ["a%j", "a47"],
  ["b%5j", "b00047"],
  ["c%12j", "c0000000047"],
  ["d%A", "d46"],
  ["e%a", "e7"],
  ["f%N", "fvm"],
  ["h%s", "hbatch"],
  ["j%u", "jroot"],
  ["l%5x", "lnm"],
  ["m%%j", "m%j"],
  ["n%q", "n%q"],
  ["o%5%j", "o547"],
  ["p%3q", "p3q"],
  ["q\\%j", "q%j"],
  ["s%4t", "s0000"],
  ["t%", "t%"],
  ["A%%%j", "A%47"],
  ["B%%5j", "B%5j"],
  ["F%8s", "Fbatch"],
])("expands %s to %s", (pattern, file) => {
  expect(expandOutputPattern(`/o/${pattern}`, facts)).toBe(`/o/${file}`);
});

test("puts a relative path below the job's directory", () => {
  expect(expandOutputPattern("slurm-%A_%a.out", facts)).toBe("/w d/slurm-46_7.out");
  expect(expandOutputPattern("x", { ...facts, workDirectory: "/" })).toBe("/x");
});

test("knows no path before the fact that it needs", () => {
  const { batchHost: _, ...waiting } = facts;
  expect(expandOutputPattern("out-%N", waiting)).toBeUndefined();
  expect(expandOutputPattern("out-%j", waiting)).toBe("/w d/out-47");
});

test("puts the task into the path that scontrol shows for an array that waits", () => {
  expect(outputOfTask("/w/slurm-13_4294967294.out", 5)).toBe("/w/slurm-13_5.out");
  expect(outputOfTask("/w/all-tasks.out", 5)).toBeUndefined();
});
