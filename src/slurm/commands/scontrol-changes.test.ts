import { expect, test } from "vitest";
import { holdJobs, releaseJobs, requeueJobs, updateJob } from "./scontrol-jobs.ts";
import { setNodeState } from "./scontrol-nodes.ts";

test("names the verb and the jobs", () => {
  expect(holdJobs(["1", "2_3"]).argv).toEqual(["scontrol", "hold", "1,2_3"]);
  expect(holdJobs(["1"], "user").argv).toEqual(["scontrol", "uhold", "1"]);
  expect(releaseJobs(["2_[1-3]"]).argv).toEqual(["scontrol", "release", "2_[1-3]"]);
  expect(requeueJobs(["1"]).argv).toEqual(["scontrol", "requeue", "1"]);
  expect(requeueJobs(["1"], "hold").argv).toEqual(["scontrol", "requeuehold", "1"]);
});

test("keeps each change in one argument", () => {
  expect(updateJob("1", { Comment: "a b=c\nd", TimeLimit: "10" }).argv).toEqual([
    "scontrol",
    "update",
    "JobId=1",
    "Comment=a b=c\nd",
    "TimeLimit=10",
  ]);
});

test("refuses a change that is none", () => {
  expect(() => updateJob("1", {})).toThrow(/no change given/);
  expect(() => updateJob("1", { "Comment=x JobId": "2" })).toThrow(/is not a key/);
});

test("sets nodes down and drained with a reason, and takes them back", () => {
  expect(setNodeState("cpu-[0-1]", { state: "drain", reason: "disk = bad" }).argv).toEqual([
    "scontrol",
    "update",
    "NodeName=cpu-[0-1]",
    "State=DRAIN",
    "Reason=disk = bad",
  ]);
  expect(setNodeState("cpu-0", { state: "resume" }).argv).toEqual([
    "scontrol",
    "update",
    "NodeName=cpu-0",
    "State=RESUME",
  ]);
  expect(() => setNodeState("cpu-0", { state: "down", reason: " " })).toThrow(/reason: .*say why/);
  expect(() => setNodeState("a State=x", { state: "resume" })).toThrow(/node "a State=x"/);
});

test("tells an unknown job and an unknown node", () => {
  const output = (stderr: string) => ({ stdout: "", stderr, exitCode: 1 });
  expect(() => holdJobs(["9"]).parse(output("Invalid job id specified for job 9\n"))).toThrow(
    expect.objectContaining({ code: "JOB_NOT_FOUND" }),
  );
  const change = setNodeState("nosuch", { state: "resume" });
  expect(() => change.parse(output("slurm_update error: Invalid node name specified\n"))).toThrow(
    expect.objectContaining({ code: "NODE_NOT_FOUND" }),
  );
});
