import { readFileSync, readdirSync } from "node:fs";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { SluiceError } from "../../errors.ts";
import type { Command, CommandOutput } from "../../schema/command.ts";
import { sacct } from "./sacct.ts";
import { sbatch } from "./sbatch.ts";
import { scancel } from "./scancel.ts";
import { hostnames } from "./scontrol-hostnames.ts";
import { holdJobs } from "./scontrol-jobs.ts";
import { showLimits } from "./scontrol-assoc-mgr.ts";
import { ping } from "./scontrol-ping.ts";
import { showConfig } from "./scontrol-show-config.ts";
import { showJob } from "./scontrol-show-job.ts";
import { showLicences } from "./scontrol-show-licenses.ts";
import { showReservations } from "./scontrol-show-reservations.ts";
import { ownsScript } from "./scontrol-write-script.ts";
import { showNode } from "./scontrol-show-node.ts";
import { showPartition } from "./scontrol-show-partition.ts";
import { sinfo } from "./sinfo.ts";
import { squeue } from "./squeue.ts";

const boundary = "fixture-boundary";
const commands: readonly Command<unknown>[] = [
  squeue({ boundary }),
  sacct({ boundary, jobs: ["1"] }),
  sinfo({ boundary }),
  showJob("1"),
  showNode(),
  showPartition(),
  showConfig(),
  ping(),
  showLimits({ qos: "a" }),
  showLicences(),
  showReservations(),
  ownsScript("1"),
  hostnames("a"),
  holdJobs(["1"]),
  scancel({ jobs: ["1"] }),
  sbatch({ script: "x", args: [], options: [] }),
];

const fixtures = readdirSync(new URL("fixtures", import.meta.url)).map((name) =>
  readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8"),
);

/** Text of any kind, and real answers with a piece cut out or put in. */
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .record({ fixture: fc.constantFrom(...fixtures), at: fc.nat(4000), cut: fc.nat(200), piece: fc.string() })
    .map(({ fixture, at, cut, piece }) => fixture.slice(0, at) + piece + fixture.slice(at + cut)),
);

/** Undefined where the output could be read; otherwise what was thrown. */
function thrown(command: Command<unknown>, output: CommandOutput): unknown {
  try {
    command.parse(output);
    return undefined;
  } catch (error) {
    return error;
  }
}

test.each(commands.map((command) => [command.argv.slice(0, 4).join(" "), command] as const))(
  "%s reads any output or throws a SluiceError",
  (_, command) => {
    fc.assert(
      fc.property(text, fc.string(), fc.constantFrom(0, 1, 8, 127, 137), (stdout, stderr, exitCode) => {
        const error = thrown(command, { stdout, stderr, exitCode });
        expect(error === undefined || error instanceof SluiceError).toBe(true);
      }),
    );
  },
);
