import { expect, test } from "vitest";
import { jobIdList } from "./job-ids.ts";

test("joins ids by commas", () => {
  expect(jobIdList("squeue", ["12", "13_4", "14+1"])).toBe("12,13_4,14+1");
});

test("takes sets of tasks where the program does", () => {
  expect(jobIdList("scancel", ["12_[1-3,7]"], "several")).toBe("12_[1-3,7]");
  expect(() => jobIdList("sacct", ["12_[1-3,7]"])).toThrow(/sacct: "12_\[1-3,7\]" is not a job id/);
});

test.each(["", "0", "-1", "12;x", "12 13", "12,13", "--user=root", "12_", "12\n"])("refuses the id %j", (id) => {
  expect(() => jobIdList("scancel", [id], "several")).toThrow(/is not a job id/);
});

test("refuses an empty list, which Slurm would take for every job", () => {
  expect(() => jobIdList("scancel", [])).toThrow(/scancel: no job id given/);
});
