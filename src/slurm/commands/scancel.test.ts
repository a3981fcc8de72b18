import { expect, test } from "vitest";
import { scancel } from "./scancel.ts";

const ended = (stderr: string, exitCode: number) => () =>
  scancel({ jobs: ["12"] }).parse({ stdout: "", stderr, exitCode });

test("names jobs, signal and receiver", () => {
  expect(scancel({ jobs: ["12", "13_[1-2]"] }).argv).toEqual(["scancel", "12,13_[1-2]"]);
  expect(scancel({ jobs: ["12"], signal: "USR1", receiver: "batch" }).argv).toEqual([
    "scancel",
    "--signal=USR1",
    "--batch",
    "12",
  ]);
});

test("refuses a signal that is none, and a list without jobs", () => {
  expect(() => scancel({ jobs: ["12"], signal: "TERM 9" })).toThrow(/signal "TERM 9"/);
  expect(() => scancel({ jobs: [] })).toThrow(/no job id given/);
});

test("takes a job that has ended or is unknown for cancelled", () => {
  for (const code of [0, 225, 229]) expect(ended("", code)).not.toThrow();
  expect(ended("scancel: error: Kill job error on job id 12: Invalid job id specified\n", 1)).not.toThrow();
  expect(
    ended("scancel: error: Kill job error on job id 12: Job/step already completing or completed\n", 1),
  ).not.toThrow();
});

test("does not pass over another complaint beside that one", () => {
  const stderr =
    "scancel: error: Kill job error on job id 12: Invalid job id specified\nscancel: error: Kill job error on job id 13: Access/permission denied\n";
  expect(ended(stderr, 1)).toThrow(/Access\/permission denied/);
  expect(
    ended("scancel: error: Kill job error on job id 12: Unable to contact slurm controller (connect failure)\n", 8),
  ).toThrow(expect.objectContaining({ code: "CLUSTER_UNREACHABLE" }));
  expect(ended(stderr, 229)).toThrow(/Access\/permission denied/);
  expect(ended("", 1)).toThrow(/said nothing/);
});
