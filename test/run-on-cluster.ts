import { spawnSync } from "node:child_process";
import { inject } from "vitest";
import type { Command } from "../src/schema/command.ts";

/** Runs a command against the cluster of the oracle tests; `outside` is laid over the environment before the command's own. */
export function runOnCluster<T>(command: Command<T>, outside: Readonly<Record<string, string | undefined>> = {}): T {
  const [program, ...args] = command.argv;
  const env: NodeJS.ProcessEnv = { ...process.env, SLURM_CONF: inject("slurmConf"), ...outside, ...command.env };
  const { stdout, stderr, status, error } = spawnSync(program, args, {
    // A variable that is `undefined` is left out of the child's environment.
    env,
    encoding: "utf8",
    ...(command.stdin !== undefined && { input: command.stdin }),
    timeout: 60_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error !== undefined) throw error;
  return command.parse({ stdout, stderr, exitCode: status ?? 1 });
}

/** Asks until the answer is there, for 30 s at most. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
  throw new Error(`waited 30 s for ${what}`);
}
