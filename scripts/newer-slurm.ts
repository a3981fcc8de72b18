import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { localHost } from "../src/doctor/hosts/local.ts";
import { remediesFor } from "../src/doctor/remedies.ts";
import { installWithApt } from "./install-slurm.ts";
import { root as checkout, say, step } from "./step.ts";

/** The release of Debian whose Slurm (24.11) is held against what this one's (22.05) cannot read. */
const release = "trixie";
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
const mirror = "http://deb.debian.org/debian";
const folder = join(checkout, "node_modules/.cache", `slurm-${release}`);

/** The root of a file system that has a newer slurmctld and scontrol beside this machine's own; `undefined` where it is not there. */
export function newerSlurm(): string | undefined {
  return existsSync(join(folder, "usr/sbin/slurmctld")) ? folder : undefined;
}

/**
 * Sees, where it can, that a newer Slurm is here, for the tests of topologies in blocks: some 30 MB of Debian's packages, unpacked
 * in a folder of the checkout's own; nothing is installed. Those tests say what they miss where this could not.
 */
export async function ensureNewerSlurm(): Promise<void> {
  const host = localHost(process.env["PATH"] ?? "");
  if (newerSlurm() !== undefined || (await remediesFor(host)).packaging !== "apt") return;
  // Other distributions with apt have Debian's keys as a package.
  if (!existsSync(keyring) && host.uid === 0) await installWithApt(["debian-archive-keyring"]);
  say(`unpacking Slurm of Debian ${release}, which reads topologies in blocks, in ${folder}`);
  const making = `${folder}.${process.pid}`;
  try {
    const archives = await download(join(making, "apt"));
    if (archives === undefined) return say("the packages could not be had");
    if (await unpack(archives, join(making, "root"))) await rename(join(making, "root"), folder);
    else say("the packages could not be unpacked");
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

/** Downloads Slurm and all that it needs, as if nothing were installed. Gives the folder of the packages. */
async function download(state: string): Promise<string | undefined> {
  const archives = join(state, "archives");
  for (const path of ["lists/partial", "archives/partial"]) await mkdir(join(state, path), { recursive: true });
  await writeFile(join(state, "status"), "");
  await writeFile(join(state, "sources.list"), `deb [signed-by=${keyring}] ${mirror} ${release} main\n`);
  const settings = {
    "Dir::State": state,
    "Dir::State::status": join(state, "status"),
    "Dir::Cache": state,
    "Dir::Etc::sourcelist": join(state, "sources.list"),
    "Dir::Etc::sourceparts": "/dev/null",
    "Dir::Etc::preferencesparts": "/dev/null",
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
    "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
    "Acquire::Retries": "3",
  };
  const apt = [
    "apt-get",
    "-q",
    ...Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
  ] as const;
  const wanted = ["--yes", "--no-install-recommends", "--download-only", "slurmctld", "slurm-client"];
  const fetched =
    (await step([...apt, "update"], { quiet: true })) === 0 &&
    (await step([...apt, "install", ...wanted], { quiet: true })) === 0;
  return fetched ? archives : undefined;
}

async function unpack(archives: string, root: string): Promise<boolean> {
  await mkdir(root, { recursive: true });
  const packages = (await readdir(archives)).filter((name) => name.endsWith(".deb"));
  for (const name of packages) {
    const unpacked = await step(["dpkg-deb", "--extract", join(archives, name), root], { quiet: true });
    if (unpacked !== 0) return false;
  }
  // What Debian makes when it is installed; each package brings its part of /usr alone.
  for (const name of ["bin", "lib", "lib64", "sbin"]) await symlink(`usr/${name}`, join(root, name)).catch(() => {});
  for (const name of ["dev", "etc", "tmp"]) await mkdir(join(root, name), { recursive: true });
  await writeFile(join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
  await writeFile(join(root, "etc/group"), "root:x:0:\n");
  await writeFile(join(root, "etc/hosts"), "127.0.0.1 localhost\n");
  await writeFile(join(root, "dev/null"), "");
  // Debian's alternatives give the daemon this name, which it looks at.
  const daemon = join(root, "usr/sbin/slurmctld");
  if (!existsSync(daemon)) await copyFile(`${daemon}-wlm`, daemon);
  return true;
}
