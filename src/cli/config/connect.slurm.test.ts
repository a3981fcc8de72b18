import { createServer } from "node:net";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { freePort, openWorkspace } from "../../../test/sluice.ts";

test("clusters are asked side by side, and each says which hop failed", async () => {
  const silent = Array.from({ length: 6 }, (_, at) => `silent${at}`);
  // Takes connections and says nothing, as a login node whose sshd hangs.
  const hanging = createServer();
  await new Promise<void>((resolve) => hanging.listen(0, "127.0.0.1", resolve));
  const address = hanging.address();
  const silentPort = typeof address === "object" ? address?.port : undefined;
  await using workspace = await openWorkspace();
  const text = `clusters:
  real: {kind: slurm, slurm_conf: ${inject("slurmConf")}}
  refused: {kind: slurm, ssh: {host: 127.0.0.1, port: ${await freePort()}}}
${silent.map((name) => `  ${name}: {kind: slurm, ssh: {host: 127.0.0.1, port: ${silentPort}}}\n`).join("")}`;
  await writeFile(join(workspace.cwd, "sluice.yaml"), text);
  const began = Date.now();
  try {
    const { stdout, exitCode } = await workspace.inProcess("config", "check", "--connect", "--deadline", "8");
    // One after the other the silent ones alone would take 48 seconds.
    expect(Date.now() - began).toBeLessThan(40_000);
    expect(exitCode).toBe(69);
    expect(stdout).toMatch(/^real +slurm +up +\d+\.\d\d +3 nodes, 2 partitions$/m);
    expect(stdout).toMatch(/^refused +slurm +unreachable +\S+ +127\.0\.0\.1 .*refused.*; try: ssh/im);
    for (const name of silent) {
      expect(stdout).toMatch(new RegExp(`^${name} +slurm +unreachable +\\d+\\.\\d\\d +no answer within 8 s$`, "m"));
    }
  } finally {
    hanging.close();
  }
});
