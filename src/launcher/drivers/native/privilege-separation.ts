import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { listProcesses } from "./processes.ts";

/** sshd refuses to start as root without it (sshd(8)); Debian makes it in the service, which a test cluster does not use. */
const directory = "/run/sshd";

/** Makes it where it is missing, and remembers that, so that it goes again with the last cluster. */
export async function makePrivilegeSeparationDirectory(stateDirectory: string): Promise<void> {
  if (existsSync(directory)) return;
  await mkdir(directory, { recursive: true, mode: 0o755 });
  mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
  writeFileSync(marker(stateDirectory), "");
}

/** Removes it where Sluice made it and no sshd of this host needs it any more. */
export function removePrivilegeSeparationDirectory(stateDirectory: string): void {
  if (!existsSync(marker(stateDirectory))) return;
  if (listProcesses().some((info) => info.name === "sshd" && info.state !== "Z")) return;
  if (existsSync(directory) && readdirSync(directory).length === 0) rmdirSync(directory);
  rmSync(marker(stateDirectory), { force: true });
}

function marker(stateDirectory: string): string {
  return join(stateDirectory, "made-run-sshd");
}
