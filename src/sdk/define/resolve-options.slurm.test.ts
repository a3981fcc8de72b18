import { afterAll, beforeAll, expect, test } from "vitest";
import { findOption } from "../../slurm/batch/option-table.ts";
import { openSbatchOracle, type JobFacts, type SbatchOracle } from "../../slurm/batch/sbatch.oracle.ts";
import { writeScript } from "../../slurm/batch/write-script.ts";
import { resolveOptions } from "./resolve-options.ts";
import type { TaskOptions } from "./task-options.ts";

let oracle: SbatchOracle;

beforeAll(async () => {
  oracle = await openSbatchOracle();
});
afterAll(async () => {
  await oracle[Symbol.asyncDispose]();
});

test.for<[readonly TaskOptions[], Partial<JobFacts>]>([
  [
    [{ name: "fit 'it'", cpus: 2, memory: "1.5 GiB", time: "90s" }],
    { name: "fit 'it'", cpus: 2, memory: "MinMemoryNode=1.50G", timeLimit: "00:02:00" },
  ],
  [
    [{ memory: 512, time: 90, exclusive: true }],
    { memory: "MinMemoryNode=512M", timeLimit: "01:30:00", sharing: "NO" },
  ],
  [
    [
      { memory: "4G", time: "1h", exclusive: true },
      { memPerCpu: 100, time: "1d 4h", oversubscribe: true },
    ],
    { memory: "MinMemoryCPU=100M", timeLimit: "1-04:00:00", sharing: "YES" },
  ],
  [[{ comment: 'a "b" \\ $(c)', time: "UNLIMITED" }], { comment: 'a "b" \\ $(c)', timeLimit: "UNLIMITED" }],
])("%j is what real Slurm gives the job", async ([layers, facts]) => {
  const options = resolveOptions(layers).sbatch.map(({ name, value }) => ({
    option: findOption(name),
    ...(value !== undefined && { value }),
  }));
  const script = writeScript({ interpreter: "/bin/sh", components: [options], body: "true\n" });
  expect(await oracle.submit(script)).toMatchObject({ records: [facts] });
});
