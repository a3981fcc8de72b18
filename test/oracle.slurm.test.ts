import { execFileSync } from "node:child_process";
import { expect, inject, test } from "vitest";

test("the plain cluster of the oracle tests has three idle nodes", () => {
  const env = { ...process.env, SLURM_CONF: inject("slurmConf") };
  const states = execFileSync("sinfo", ["-h", "-N", "-o", "%N %T"], { env, encoding: "utf8" });
  expect(new Set(states.trim().split("\n"))).toEqual(new Set(["cpu-0 idle", "cpu-1 idle", "gpu-0 idle"]));
});
