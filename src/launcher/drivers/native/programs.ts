import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { SluiceError } from "../../../errors.ts";
import { slurmReleases, type SlurmRelease } from "../../../schema/cluster-plan.ts";
import type { Command } from "../../../schema/command.ts";

/** Where daemons are installed that an ordinary user's PATH leaves out. */
const systemFolders = [
  "/usr/local/sbin",
  "/usr/sbin",
  "/sbin",
  "/usr/local/bin",
  "/usr/bin",
  "/bin",
  "/opt/slurm/sbin",
  "/opt/slurm/bin",
];

/** The Debian package of each program, for the remedy. */
const packages = {
  slurmctld: "slurmctld",
  slurmd: "slurmd",
  slurmdbd: "slurmdbd",
  slurmrestd: "slurmrestd",
  scontrol: "slurm-client",
  prlimit: "util-linux",
  munged: "munge",
  sshd: "openssh-server",
  ssh: "openssh-client",
  "ssh-keygen": "openssh-client",
  mariadbd: "mariadb-server-core",
  "mariadb-install-db": "mariadb-server-core",
  "docker-registry": "docker-registry",
} as const;

export type ProgramName = keyof typeof packages;

/** Finds installed programs in PATH and in the system's folders for daemons. */
export interface Programs {
  /** Absolute path, or `undefined` where it is not installed. */
  find(name: ProgramName): string | undefined;
  /** Throws `SLURM_MISSING` with the package to install. */
  need(name: ProgramName, what: string): string;
  /** A PATH for daemons and for people who log in: the user's own, then the system's folders. */
  readonly searchPath: string;
}

/** `path` is the user's PATH, `beyond` where else to look. Nothing is looked up before it is asked for. */
export function findPrograms(path: string, beyond: readonly string[] = systemFolders): Programs {
  const folders = [...new Set([...path.split(delimiter), ...beyond])].filter((folder) => folder.startsWith("/"));
  const find = (name: ProgramName): string | undefined =>
    folders.map((folder) => join(folder, name)).find(isExecutable);
  return {
    find,
    need(name, what) {
      const program = find(name);
      if (program !== undefined) return program;
      throw new SluiceError(
        "SLURM_MISSING",
        `${name} is not installed, and ${what} needs it; on Debian and Ubuntu: apt-get install ${packages[name]}`,
        { details: { program: name, package: packages[name] } },
      );
    },
    searchPath: folders.join(delimiter),
  };
}

/** `slurmctld -V`, which prints `slurm-wlm 22.05.8` on Debian and `slurm 24.11.3` elsewhere. */
export function slurmVersion(program: string): Command<string> {
  return {
    argv: [program, "-V"],
    parse({ stdout, stderr, exitCode }) {
      const version = /\b(\d+\.\d+\.\d+\S*)/.exec(stdout)?.[1];
      if (exitCode === 0 && version !== undefined) return version;
      throw new SluiceError("REPLY_UNREADABLE", `${program} -V gave no version: ${(stdout + stderr).trim()}`);
    },
  };
}

/** The known release that a version belongs to; a newer one is written for as the newest known. Throws `DRIVER_UNAVAILABLE`. */
export function releaseOf(version: string): SlurmRelease {
  const release = version.split(".").slice(0, 2).join(".");
  const known = slurmReleases.findLast((candidate) => candidate <= release);
  if (known !== undefined) return known;
  throw new SluiceError(
    "DRIVER_UNAVAILABLE",
    `Slurm ${version} is installed; test clusters need ${slurmReleases[0]} or newer`,
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
