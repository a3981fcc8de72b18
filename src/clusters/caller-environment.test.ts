import { expect, test } from "vitest";
import type { SubmitRequest } from "../jobs/cluster.ts";
import { submitterEnvironment } from "./caller-environment.ts";

const request: SubmitRequest = { jobId: "1", script: Buffer.from("#!/bin/sh\n"), args: [], name: "a", options: [] };
const environment = { FOO: "server", ONLY: "server", SLURM_CONF: "/here", SBATCH_PARTITION: "gpu" };

test("without a word of who asked, a job is submitted from the environment of the process that submits", () => {
  expect(submitterEnvironment(request, environment)).toBe(environment);
});

test("a job is submitted from the environment of who asked, to the cluster that the process knows", () => {
  const callerEnvironment = { FOO: "caller", SLURM_CONF: "/elsewhere", SLURM_JWT: "x", SLURM_NTASKS: "2" };
  expect(submitterEnvironment({ ...request, callerEnvironment }, environment)).toEqual({
    FOO: "caller",
    SLURM_CONF: "/here",
    SLURM_NTASKS: "2",
  });
});
