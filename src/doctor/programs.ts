/** Package managers for which a remedy can be spelt out. */
export const packagings = ["apt", "dnf"] as const;
export type Packaging = (typeof packagings)[number];

export interface Program {
  readonly name: string;
  /** A native test cluster cannot be made without it. */
  readonly needed: boolean;
  /** The package that brings it, by packaging. */
  readonly packages: Readonly<Record<Packaging, string>>;
}

function program(name: string, needed: boolean, apt: string, dnf: string): Program {
  return { name, needed, packages: { apt, dnf } };
}

/** Every program that Sluice runs beside Node, and where it comes from. `npm test` and `npm run quickstart` install from this list. */
export const programs = [
  program("slurmctld", true, "slurmctld", "slurm-slurmctld"),
  program("slurmd", true, "slurmd", "slurm-slurmd"),
  program("sbatch", true, "slurm-client", "slurm"),
  program("srun", true, "slurm-client", "slurm"),
  program("scancel", true, "slurm-client", "slurm"),
  program("squeue", true, "slurm-client", "slurm"),
  program("sinfo", true, "slurm-client", "slurm"),
  program("scontrol", true, "slurm-client", "slurm"),
  program("sacct", false, "slurm-client", "slurm"),
  program("sacctmgr", false, "slurm-client", "slurm"),
  program("slurmdbd", false, "slurmdbd", "slurm-slurmdbd"),
  program("slurmrestd", false, "slurmrestd", "slurm-slurmrestd"),
  program("munged", false, "munge", "munge"),
  program("munge", false, "munge", "munge"),
  program("unmunge", false, "munge", "munge"),
  program("ssh", false, "openssh-client", "openssh-clients"),
  program("ssh-keygen", false, "openssh-client", "openssh-clients"),
  program("sshd", false, "openssh-server", "openssh-server"),
  program("mariadbd", false, "mariadb-server-core", "mariadb-server"),
  program("mariadb-install-db", false, "mariadb-server-core", "mariadb-server"),
  program("mariadb", false, "mariadb-client-core", "mariadb"),
  program("docker-registry", false, "docker-registry", "docker-distribution"),
] as const satisfies readonly Program[];

export type ProgramName = (typeof programs)[number]["name"];

/** The table's row of a program. */
export function programNamed(name: ProgramName): Program {
  const found = programs.find((entry) => entry.name === name);
  if (found === undefined) throw new Error(`no program "${name}" in the table`);
  return found;
}

/** The packages that bring these programs, each once, in the table's order. */
export function packagesOf(names: readonly string[], packaging: Packaging): string[] {
  return [...new Set(programs.filter(({ name }) => names.includes(name)).map(({ packages }) => packages[packaging]))];
}
