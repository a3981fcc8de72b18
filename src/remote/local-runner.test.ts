import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readConfig } from "../config.ts";
import { describeRunner } from "../jobs/runner.contract.ts";
import { createLocalRunner } from "./local-runner.ts";

const maxOutputBytes = 1024 * 1024;

describeRunner("local", async () => {
  const folder = await mkdtemp(join(tmpdir(), "runner-"));
  return {
    runner: createLocalRunner({ env: readConfig().environment, maxOutputBytes }),
    folder,
    maxOutputBytes,
    close: () => rm(folder, { recursive: true, force: true }),
  };
});

test("a Slurm program that is not installed points to the doctor", async () => {
  const runner = createLocalRunner({ env: { PATH: "/nowhere" } });
  const command = { argv: ["squeue"], parse: () => {} } as const;
  await expect(runner.run(command, { signal: new AbortController().signal })).rejects.toMatchObject({
    code: "SLURM_MISSING",
    message: expect.stringContaining("sluice doctor"),
  });
});
