import { describe, expect, test } from "vitest";
import { expectSuccess, slurmFailure, slurmWords } from "./failure.ts";

const failed = (stderr: string, exitCode = 1, stdout = "") => ({ stdout, stderr, exitCode });

describe("slurmWords", () => {
  test("drops the program's prefix, empty lines and repetition", () => {
    const stderr =
      "sbatch: error: invalid partition specified: nosuch\n\nsbatch: error: Batch job submission failed: Invalid partition name specified\nsbatch: error: invalid partition specified: nosuch\n";
    expect(slurmWords(failed(stderr))).toBe(
      "invalid partition specified: nosuch; Batch job submission failed: Invalid partition name specified",
    );
  });

  test("turns to standard output where standard error is empty", () => {
    expect(slurmWords(failed("", 1, "Node nosuch not found\n"))).toBe("Node nosuch not found");
  });
});

/** What Slurm 22.05 said in each situation. */
const recorded: readonly (readonly [string, string])[] = [
  ["CLUSTER_UNREACHABLE", "slurm_load_jobs error: Unable to contact slurm controller (connect failure)"],
  [
    "CLUSTER_UNREACHABLE",
    "scancel: error: Kill job error on job id 1: Unable to contact slurm controller (connect failure)",
  ],
  ["CLUSTER_UNREACHABLE", "Unexpected message received for job 1\nslurm_suspend error: Unexpected message received"],
  ["CLUSTER_UNREACHABLE", "slurm_load_partitions: Socket timed out on send/recv operation"],
  ["CLUSTER_UNREACHABLE", "sbatch: error: Batch job submission failed: Zero Bytes were transmitted or received"],
  [
    "CLUSTER_UNREACHABLE",
    'squeue: error: Munge encode failed: Failed to access "/run/munge/socket": No such file or directory (Did you start munged?)\nslurm_load_jobs error: Protocol authentication error',
  ],
  [
    "CLUSTER_UNREACHABLE",
    "sacct: error: slurm_persist_conn_open_without_init: failed to open persistent connection to host:localhost:6819: Connection refused\nsacct: error: Sending PersistInit msg: Connection refused\nsacct: error: Problem talking to the database: Connection refused",
  ],
  [
    "CONFIG_INVALID",
    "squeue: error: ClusterName needs to be specified\nsqueue: fatal: Unable to process configuration file",
  ],
  ["CAPABILITY_MISSING", "Slurm accounting storage is disabled"],
  ["JOB_NOT_FOUND", "slurm_load_jobs error: Invalid job id specified"],
  ["NODE_NOT_FOUND", "slurm_update error: Invalid node name specified"],
  ["COMMAND_FAILED", "slurm_update error: Access/permission denied"],
];

test.each(recorded)("knows %s by Slurm's words %j", (code, stderr) => {
  const error = slurmFailure("squeue", failed(stderr), "COMMAND_FAILED");
  expect(error.code).toBe(code);
  expect(error.message).toMatch(/^squeue ended with exit code 1 and said: /);
});

test.each([
  ["JOB_NOT_FOUND", "Job 2_99 not found"],
  ["NODE_NOT_FOUND", "Node nosuch not found"],
])("knows %s by what scontrol prints on standard output, %j", (code, stdout) => {
  expect(slurmFailure("scontrol", failed("", 1, `${stdout}\n`), "COMMAND_FAILED").code).toBe(code);
});

test("takes exit code 127 for a program that is not installed", () => {
  const error = slurmFailure("squeue", failed("bash: squeue: command not found", 127), "COMMAND_FAILED");
  expect(error.code).toBe("SLURM_MISSING");
  expect(error.message).toContain("squeue is not installed on the cluster's host");
});

test("tells of a command that failed without a word", () => {
  expect(() => expectSuccess("sinfo", failed("", 3))).toThrow("sinfo ended with exit code 3 and said nothing");
});

test("lets a command pass that ended well, whatever it muttered", () => {
  expect(() => expectSuccess("sinfo", failed("sinfo: warning: something", 0))).not.toThrow();
});
