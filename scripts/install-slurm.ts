import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { localHost } from "../src/doctor/hosts/local.ts";
import { packagesOf, programs, type ProgramName } from "../src/doctor/programs.ts";
import { remediesFor } from "../src/doctor/remedies.ts";
import { findPython } from "./find-python.ts";
import { postgresFolder } from "./postgres-folder.ts";
import { interrupted, say, step } from "./step.ts";

/** What became of Slurm on this machine: there, or still missing with the command that would install it. */
export type SlurmPresence = { readonly ready: true } | { readonly ready: false; readonly command: string };

const policyFile = "/usr/sbin/policy-rc.d";
/** invoke-rc.d(8): 101 forbids to start a service, which is what a package's install script would do. */
const policyText = "#!/bin/sh\n# written by Sluice while it installs Slurm, and removed afterwards\nexit 101\n";
/** Read by Debian's packages of PostgreSQL when they are installed: no database of the machine's own is wanted. */
const clusterFile = "/etc/postgresql-common/createcluster.conf";
const clusterText = "create_main_cluster = false\n";
const unattended = { DEBIAN_FRONTEND: "noninteractive" };

/**
 * Sees that every program of the table is here: installs them as root where apt is the package manager, and otherwise
 * says what to run. No daemon is started by it, and none that it brought starts with the machine.
 */
export async function ensureSlurm(): Promise<SlurmPresence> {
  const host = localHost(process.env["PATH"] ?? "");
  const remedies = await remediesFor(host);
  const before = await missingPrograms();
  if (before.length === 0) return { ready: true };
  const commandFor = (names: readonly ProgramName[]): string =>
    remedies.packaging === "apt"
      ? `${host.uid === 0 ? "" : "sudo "}apt-get update && ${remedies.install(names)}`
      : remedies.install(names);
  if (remedies.packaging === "apt" && host.uid === 0) {
    say(`installing with apt what is missing here: ${before.join(" ")}`);
    const failure = await installWithApt(packagesOf(before, "apt"));
    if (failure !== undefined) say(failure);
  }
  const after = await missingPrograms();
  const needed = after.filter((name) => programs.find((program) => program.name === name)?.needed);
  if (needed.length > 0) return { ready: false, command: commandFor(after) };
  if (after.length > 0) say(`optional and not here: ${after.join(" ")}; to have them: ${commandFor(after)}`);
  return { ready: true };

  async function missingPrograms(): Promise<ProgramName[]> {
    const found = await Promise.all(programs.map(({ name }) => host.find(name)));
    return programs.flatMap(({ name }, index) => (found[index] === undefined ? [name] : []));
  }
}

/**
 * Sees, where it can, that PostgreSQL's server is here, which the tests of its store run for themselves: no service is
 * started and no database made. Those tests say what to install where this could not.
 */
export async function ensurePostgres(): Promise<void> {
  const host = localHost(process.env["PATH"] ?? "");
  const { packaging } = await remediesFor(host);
  if (postgresFolder() !== undefined || packaging !== "apt" || host.uid !== 0) return;
  say("installing with apt what is missing here: postgresql");
  if (!existsSync(clusterFile)) {
    mkdirSync(dirname(clusterFile), { recursive: true });
    writeFileSync(clusterFile, clusterText);
  }
  const failure = await installWithApt(["postgresql"]);
  if (failure !== undefined) say(failure);
}

/** Sees, where it can, that there is a Python that the fuzzer can be installed for; its test says what to do where this could not. */
export async function ensurePython(): Promise<void> {
  const host = localHost(process.env["PATH"] ?? "");
  const { packaging } = await remediesFor(host);
  if (packaging !== "apt" || host.uid !== 0 || (await findPython()) !== undefined) return;
  say("installing with apt what is missing here: python3-venv");
  const failure = await installWithApt(["python3-venv"]);
  if (failure !== undefined) say(failure);
}

/** Gives the reason where something went wrong. */
export async function installWithApt(packages: readonly string[]): Promise<string | undefined> {
  const apt = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=3"] as const;
  if ((await step([...apt, "update"], { env: unattended, quiet: true })) !== 0) return "apt-get update failed";
  const wanted = packages.filter((name) => aptKnows(name));
  const guarded = guardServices();
  try {
    const install = [...apt, "install", "-y", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0", ...wanted] as const;
    say(install.join(" "));
    if ((await step(install, { env: unattended })) !== 0) return "apt-get install failed";
  } finally {
    if (guarded) rmSync(policyFile, { force: true });
  }
  if (existsSync("/run/systemd/system")) {
    const units = wanted.flatMap((name) => unitsOf(name));
    if (units.length > 0) await step(["systemctl", "disable", "--quiet", ...units], { quiet: true });
  }
  return interrupted.signal.aborted ? "interrupted" : undefined;
}

/** Forbids services to start, unless the machine does so already; says whether the file is ours to remove. */
function guardServices(): boolean {
  if (existsSync(policyFile) && readFileSync(policyFile, "utf8") !== policyText) return false;
  writeFileSync(policyFile, policyText);
  chmodSync(policyFile, 0o755);
  return true;
}

function aptKnows(name: string): boolean {
  const known = /^ {2}Candidate: (?!\(none\))/m.test(output(["apt-cache", "policy", name]));
  if (!known) say(`apt does not know the package ${name} here`);
  return known;
}

/** The systemd units that a package brought. */
function unitsOf(name: string): string[] {
  const units = output(["dpkg", "-L", name]).matchAll(/\/systemd\/system\/([^/@\n]+\.(?:service|socket))$/gm);
  return [...units].flatMap(([, unit]) => (unit === undefined ? [] : [unit]));
}

function output([program, ...args]: readonly [string, ...string[]]): string {
  return execFileSync(program, args, { encoding: "utf8", env: { ...process.env, LC_ALL: "C" } });
}
