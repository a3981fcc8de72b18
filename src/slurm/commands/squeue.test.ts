import { expect, test } from "vitest";
import { squeue } from "./squeue.ts";

const boundary = "fixture-boundary";

test("asks for jobs of all states unless told otherwise", () => {
  expect(squeue({ boundary }).argv).toContain("--states=all");
  expect(squeue({ boundary, states: ["PENDING", "RUNNING"] }).argv).toContain("--states=PENDING,RUNNING");
});

test("filters by jobs, users and partitions, and lists each task where asked", () => {
  const { argv } = squeue({ boundary, jobs: ["12", "13_4"], users: ["a"], partitions: ["p", "q"], eachTask: true });
  for (const option of ["--jobs=12,13_4", "--users=a", "--partition=p,q", "--array"]) expect(argv).toContain(option);
});

test("refuses an empty filter, which Slurm would take for everything", () => {
  expect(() => squeue({ boundary, jobs: [] })).toThrow(/no job id/);
  expect(() => squeue({ boundary, users: [] })).toThrow(/users takes one or more names/);
  expect(() => squeue({ boundary, partitions: ["a,b"] })).toThrow(/partitions takes/);
});

test("answers with no job for one unknown id as for several", () => {
  const unknown = { stdout: "", stderr: "slurm_load_jobs error: Invalid job id specified\n", exitCode: 1 };
  expect(squeue({ boundary, jobs: ["9"] }).parse(unknown)).toEqual([]);
  expect(squeue({ boundary, jobs: ["8", "9"] }).parse({ stdout: "", stderr: "", exitCode: 0 })).toEqual([]);
});

test("does not take silence of the controller for an empty queue", () => {
  const dead = {
    stdout: "",
    stderr: "slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n",
    exitCode: 1,
  };
  for (const command of [squeue({ boundary }), squeue({ boundary, jobs: ["9"] })]) {
    expect(() => command.parse(dead)).toThrow(expect.objectContaining({ code: "CLUSTER_UNREACHABLE" }));
  }
});
