import type { ClusterSpec } from "../../../schema/cluster-spec.ts";
import type { NativePaths } from "./paths.ts";

/**
 * sshd_config(5) of a cluster: one user, by key alone, on loopback alone. Who logs in meets this cluster's Slurm; the
 * client says which node is meant, since all nodes are this host.
 */
export function sshdConfig(options: {
  readonly port: number;
  readonly paths: NativePaths;
  readonly searchPath: string;
}): string {
  const { port, paths, searchPath } = options;
  return `# Login to a Sluice test cluster. Edits survive \`sluice cluster start\`.
Port ${port}
ListenAddress 127.0.0.1
HostKey ${word(paths.sshHostKey)}
AuthorizedKeysFile ${tokenWord(`${paths.sshKey}.pub`)}
PidFile none
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
# The key's folder belongs to its user alone; the folders above it are not ours to judge.
StrictModes no
PrintMotd no
PrintLastLog no
AcceptEnv SLURMD_NODENAME
SetEnv ${word(`SLURM_CONF=${paths.slurmConf}`)} ${word(`PATH=${searchPath}`)}
Subsystem sftp internal-sftp
`;
}

/** ssh_config(5) with one host per node, the head first: `ssh -F ssh_config NODE`. */
export function sshConfig(options: {
  readonly port: number;
  readonly paths: NativePaths;
  readonly user: string;
  readonly spec: ClusterSpec;
}): string {
  const { port, paths, user, spec } = options;
  const hosts = spec.nodes.map((node) => `Host ${node.name}\n  SetEnv SLURMD_NODENAME=${node.name}\n`);
  return `# ssh -F THIS_FILE NODE logs in to a node of the test cluster "${spec.name}".
${hosts.join("\n")}
Host *
  HostName 127.0.0.1
  HostKeyAlias ${spec.name}
  Port ${port}
  User ${user}
  IdentityFile ${tokenWord(paths.sshKey)}
  IdentitiesOnly yes
  UserKnownHostsFile ${tokenWord(paths.sshKnownHosts)}
  GlobalKnownHostsFile none
  StrictHostKeyChecking yes
  LogLevel ERROR
`;
}

/** One word of ssh's configuration files. */
function word(text: string): string {
  return /[\s"'#\\]/.test(text) ? `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"` : text;
}

/** The same where `%` begins a token. */
function tokenWord(text: string): string {
  return word(text.replaceAll("%", "%%"));
}
