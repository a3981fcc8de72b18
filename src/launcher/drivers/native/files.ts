import { join } from "node:path";
import type { ClusterFile } from "../../../schema/cluster-file.ts";
import type { ClusterPlan, PlannedFile } from "../../../schema/cluster-plan.ts";
import { quote } from "../../../schema/quote.ts";
import { writeConfig } from "../../../slurm/config/write-config.ts";
import type { NativeHost } from "./design.ts";
import type { NativePaths } from "./paths.ts";
import { registryConfig } from "./services.ts";
import { sshConfig, sshdConfig } from "./ssh-files.ts";

/** Every text file of a native cluster beside its cluster.yaml. Keys and passwords are not among them. */
export function nativeFiles(
  file: ClusterFile,
  plan: ClusterPlan,
  paths: NativePaths,
  host: NativeHost,
): readonly PlannedFile[] {
  return [
    { path: ".env", text: environmentFile(file, paths) },
    ...writeConfig(plan),
    ...(file.ports.registry === undefined
      ? []
      : [{ path: "config/registry.yml", text: registryConfig(file.ports.registry, paths.data) }]),
    ...(file.ports.ssh === undefined
      ? []
      : [
          {
            path: "config/sshd_config",
            text: sshdConfig({ port: file.ports.ssh, paths, searchPath: host.programs.searchPath }),
          },
          {
            path: "config/ssh_config",
            text: sshConfig({ port: file.ports.ssh, paths, user: host.user, spec: file.cluster }),
          },
        ]),
  ];
}

/** `.env`: for shells (`set -a; . .env`) and for tools that read such files. */
function environmentFile(file: ClusterFile, paths: NativePaths): string {
  const variables: Readonly<Record<string, string>> = {
    SLURM_CONF: paths.slurmConf,
    SLURM_TEST_CLUSTER: file.cluster.name,
    ...(file.ports.ssh === undefined
      ? {}
      : { SLUICE_SSH_PORT: String(file.ports.ssh), SLUICE_SSH_CONFIG: paths.sshConfig }),
    ...(file.ports.registry === undefined ? {} : { SLUICE_REGISTRY: `localhost:${file.ports.registry}` }),
    ...(file.cluster.services?.rest === true ? { SLUICE_REST_SOCKET: paths.restSocket } : {}),
  };
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${quote(value)}`);
  return `# set -a; . ${quote(join(paths.directory, ".env"))}; set +a   and sinfo, sbatch and squeue speak to this cluster.\n${lines.join("\n")}\n`;
}
