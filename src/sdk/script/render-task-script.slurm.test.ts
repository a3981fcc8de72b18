import { afterAll, beforeAll, expect, test } from "vitest";
import { findOption } from "../../slurm/batch/option-table.ts";
import { openSbatchOracle, type SbatchOracle } from "../../slurm/batch/sbatch.oracle.ts";
import { renderTaskScript } from "./render-task-script.ts";

let oracle: SbatchOracle;

beforeAll(async () => {
  oracle = await openSbatchOracle();
});
afterAll(async () => {
  await oracle[Symbol.asyncDispose]();
});

test("real sbatch reads the options of a call as they were asked for, and takes its data for none of them", async () => {
  const name = `it's "a" $(id) \\ #SBATCH`;
  const script = renderTaskScript({
    header: { version: 1, task: `src/x.ts#${name}`, kind: "task", name },
    options: [
      { option: findOption("comment"), value: "  two  words " },
      { option: findOption("nodes"), value: "2" },
      { option: findOption("time"), value: "1-02:03:00" },
      { option: findOption("mem"), value: "1536M" },
      { option: findOption("exclusive") },
      { option: findOption("job-name"), value: name },
    ],
    calls: [JSON.stringify({ args: ["\n#SBATCH --nodes=1\n", "SLUICE_CALL"] })],
    code: {
      packaging: "bundle",
      entry: "/f/1",
      sha256: "1",
      runtime: { kind: "path", oldest: "22.18", path: "/node" },
    },
    retries: { limit: 2, on: ["failed", "timeout"], backoffSeconds: 1, factor: 2 },
  });
  expect(await oracle.submit(script)).toMatchObject({
    records: [
      {
        name,
        comment: "  two  words ",
        nodes: "2-2",
        timeLimit: "1-02:03:00",
        memory: "MinMemoryNode=1.50G",
        sharing: "NO",
      },
    ],
  });
});
