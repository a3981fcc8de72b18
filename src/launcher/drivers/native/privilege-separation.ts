import { existsSync, readdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { SluiceError } from "../../../errors.ts";
import { takeLock } from "../../lock.ts";
import { listProcesses } from "./processes.ts";

/** sshd refuses to start as root without it (sshd(8)); Debian makes it in the service, which a test cluster does not use. */
const directory = "/run/sshd";

/** Beside it, since it must be empty and belongs to all of root's clusters, whatever registry each is in. */
const marker = "/run/sshd.made-by-sluice";

/** Makes it where it is missing, and keeps others from removing it until the sshd that needs it is there. */
export async function holdPrivilegeSeparationDirectory(signal: AbortSignal): Promise<AsyncDisposable> {
  const lock = await takeDirectory(signal);
  if (!existsSync(directory)) {
    writeFileSync(marker, "");
    await mkdir(directory, { recursive: true, mode: 0o755 });
  }
  return lock;
}

/** Removes it where Sluice made it and no sshd of this host needs it any more. */
export async function removePrivilegeSeparationDirectory(): Promise<void> {
  if (!existsSync(marker)) return;
  try {
    await using _lock = await takeDirectory(new AbortController().signal);
    if (listProcesses().some((info) => info.name === "sshd" && !info.isDead)) return;
    if (existsSync(directory) && readdirSync(directory).length === 0) rmdirSync(directory);
    rmSync(marker, { force: true });
  } catch (error) {
    // Somebody's sshd is just starting: the folder stays for it, and goes with it.
    if (!(error instanceof SluiceError && error.code === "CLUSTER_BUSY")) throw error;
  }
}

function takeDirectory(signal: AbortSignal): Promise<AsyncDisposable> {
  return takeLock({ stateDirectory: directory, what: "(sshd)", purpose: "starting sshd", waitMs: 10_000, signal });
}
