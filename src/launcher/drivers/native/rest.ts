import { SluiceError } from "../../../errors.ts";
import type { Command } from "../../../schema/command.ts";
import type { StartContext } from "./start.ts";

/**
 * slurmrestd on a unix socket that this user alone can reach: Debian's Slurm 22.05 has no JWT for a TCP port, and over a
 * socket the kernel says who calls.
 */
export async function startRest(context: StartContext): Promise<void> {
  const { cluster, host, operation, paths } = context;
  const { services } = cluster.file.cluster;
  if (services?.rest !== true) return;
  // It refuses to run as root or as SlurmUser unless told that this is meant (slurmrestd(8)).
  const env = { SLURMRESTD_SECURITY: "disable_user_check" };
  const args = ["-f", paths.slurmConf];
  if (services.accounting !== true) {
    const slurmrestd = host.programs.need("slurmrestd", "--with-rest");
    const plugins = await host.runner.run(openApiPlugins(slurmrestd, paths.slurmConf, env), {
      signal: operation.signal,
      deadlineMs: operation.timeoutMs,
    });
    args.push("-s", plugins.filter((plugin) => !isAboutAccounting(plugin)).join(","));
  }
  const daemon = context.launch("slurmrestd", "slurmrestd", [...args, `unix:${paths.restSocket}`], env);
  await context.answering(daemon, { path: paths.restSocket }, "slurmrestd to answer");
}

/** `openapi/dbv0.0.38`, and `slurmdbd` from Slurm 23.11 on: with one of them slurmrestd ends where there is no slurmdbd. */
function isAboutAccounting(plugin: string): boolean {
  return /^(openapi\/)?(dbv|slurmdbd$)/.test(plugin);
}

/**
 * What slurmrestd can answer for, by `-s list` (slurmrestd(8)): one name on each line of its log, such as
 * `slurmrestd: openapi/v0.0.38`. Throws `REPLY_UNREADABLE`.
 */
export function openApiPlugins(
  program: string,
  slurmConf: string,
  env: Readonly<Record<string, string>>,
): Command<readonly string[]> {
  return {
    argv: [program, "-f", slurmConf, "-s", "list"],
    env,
    parse({ stdout, stderr, exitCode }) {
      const names = [...(stdout + stderr).matchAll(/^(?:slurmrestd: )?((?:openapi\/)?[\w.]+)$/gm)].map(
        ([, name = ""]) => name,
      );
      if (exitCode === 0 && names.length > 0) return names;
      throw new SluiceError("REPLY_UNREADABLE", `${program} -s list named no plugin: ${(stdout + stderr).trim()}`);
    },
  };
}
