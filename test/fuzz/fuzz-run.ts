import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { createClient, type Client } from "../../src/client/client.ts";
import { startServing } from "../serving.ts";
import { openWorkspace } from "../sluice.ts";
import { ensureSchemathesis } from "./ensure-schemathesis.ts";

const config = fileURLToPath(new URL("schemathesis.toml", import.meta.url));

export interface FuzzResult {
  /** Schemathesis' own: 0 where it found nothing. */
  readonly exitCode: number | null;
  /** Its report, with a curl line for each finding. */
  readonly report: string;
  /** Lines of the gateway's log that tell of mistakes in the program. */
  readonly mistakes: readonly string[];
}

/**
 * Lets Schemathesis make requests of the gateway's own OpenAPI description, against a real gateway before a real cluster of
 * its own, for so long. One job has run, one runs; what the fuzzer makes up is queued in earnest, and never starts: nobody
 * knows what it would do to this machine.
 */
export async function fuzz({
  seed,
  seconds,
}: {
  readonly seed: number;
  readonly seconds: number;
}): Promise<FuzzResult> {
  const program = await ensureSchemathesis();
  await using workspace = await openWorkspace();
  const { slurm_conf } = await workspace.start("fuzz", "--preset", "cpu");
  const env = { PATH: process.env["PATH"] ?? "", LANG: "C.UTF-8", HOME: workspace.cwd, SLUICE_HOME: workspace.home };
  await using serving = await startServing({ cwd: workspace.cwd, env });
  const client = createClient({ url: serving.url, token: serving.token });
  await seedJobs(client);
  const partitions = (await workspace.onCluster("fuzz", "sinfo", "--noheader", "--format=%R")).stdout.split("\n");
  for (const name of new Set(partitions.filter((line) => line !== ""))) {
    await workspace.onCluster("fuzz", "scontrol", "update", `PartitionName=${name}`, "State=DOWN");
  }

  const args = ["--no-color", `--config-file=${config}`, "run", `${serving.url}/openapi.json`];
  const child = spawn(program, [...args, `--seed=${seed}`, `--max-time=${seconds}`], {
    cwd: workspace.cwd,
    // By the environment, so that the token stands in no list of processes.
    env: { ...env, SLURM_CONF: slurm_conf, SLUICE_FUZZ_TOKEN: serving.token },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = once(child, "close");
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  const mistakes = serving
    .said()
    .split("\n")
    .filter((line) => line.includes('"event":"mistake"'));
  return { exitCode: child.exitCode, report: out + err, mistakes };
}

/** Jobs in states that the fuzzer's own never reach. */
async function seedJobs(client: Client): Promise<void> {
  const done = await client.submit({ script: "#!/bin/sh\necho done\n", name: "done" });
  const running = await client.submit({ script: "#!/bin/sh\necho running\nsleep 3600\n", name: "running" });
  const signal = AbortSignal.timeout(60_000);
  await client.wait(done.id, { signal });
  await client.wait(running.id, { signal, until: ({ state }) => state === "running" });
}
