import { createHash } from "node:crypto";
import { join } from "node:path";

/** Every path of a native cluster. Slurm's own `%n` stands where the node's name goes. */
export interface NativePaths {
  readonly directory: string;
  readonly config: string;
  readonly slurmConf: string;
  readonly gresConf: string;
  readonly slurmdbdConf: string;
  readonly logs: string;
  readonly state: string;
  readonly keys: string;
  readonly mungeKey: string;
  readonly sshHostKey: string;
  readonly sshKey: string;
  readonly sshdConfig: string;
  readonly sshConfig: string;
  readonly sshKnownHosts: string;
  readonly storagePassword: string;
  readonly storageInit: string;
  readonly devices: string;
  readonly data: string;
  /** Sockets and slurmd's spool; away from the folder where its path is too long for sockets. */
  readonly run: string;
  readonly spool: string;
  readonly mungeSocket: string;
  readonly restSocket: string;
  readonly storageSocket: string;
}

/**
 * Where a cluster's sockets, simulated devices and slurmd's spool go: into its folder, or, where that path is too long for
 * sockets or has characters that gres.conf cannot hold, into a folder of the user's own in /tmp. slurmstepd listens on `SPOOL/NODE/NODE_JOB.STEP`, and a unix socket's path has at most
 * 107 bytes (unix(7)).
 */
export function chooseRunDirectory(directory: string, uid: number, nodeNames: readonly string[]): string {
  const inside = join(directory, "run");
  const longestName = Math.max(...nodeNames.map((name) => name.length));
  const longestSocket = `${inside}/spool//_4294967295.4294967295`.length + 2 * longestName;
  const fits = Buffer.byteLength(directory) - directory.length + longestSocket <= 107;
  if (fits && isPlain(directory)) return inside;
  const hash = createHash("sha256").update(`${uid}\0${directory}`).digest("hex").slice(0, 8);
  return `/tmp/slu-${hash}`;
}

/** Whether a path can stand in `File=` of gres.conf(5), which is a hostlist and ends at a blank. */
function isPlain(path: string): boolean {
  return !/[\s[\],#"'\\]/.test(path);
}

/** Pure: every path below a cluster's folder and its run folder. */
export function nativePaths(directory: string, run: string): NativePaths {
  const config = join(directory, "config");
  const keys = join(directory, "keys");
  return {
    directory,
    config,
    slurmConf: join(config, "slurm.conf"),
    gresConf: join(config, "gres.conf"),
    slurmdbdConf: join(config, "slurmdbd.conf"),
    logs: join(directory, "log"),
    state: join(directory, "state"),
    keys,
    mungeKey: join(keys, "munge.key"),
    sshHostKey: join(keys, "ssh_host_ed25519_key"),
    sshKey: join(keys, "id_ed25519"),
    sshdConfig: join(config, "sshd_config"),
    sshConfig: join(config, "ssh_config"),
    sshKnownHosts: join(keys, "known_hosts"),
    storagePassword: join(keys, "storage-password"),
    storageInit: join(keys, "storage-init.sql"),
    devices: join(run, "devices"),
    data: join(directory, "data"),
    run,
    spool: join(run, "spool"),
    mungeSocket: join(run, "munge.sock"),
    restSocket: join(run, "rest.sock"),
    storageSocket: join(run, "mariadb.sock"),
  };
}
