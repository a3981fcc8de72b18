import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import type { Runner } from "../../../jobs/runner.ts";
import { SluiceError } from "../../../errors.ts";
import type { ClusterFile } from "../../../schema/cluster-file.ts";
import type { Command } from "../../../schema/command.ts";
import { settleAll } from "../../settle-all.ts";
import type { NativePaths } from "./paths.ts";
import type { Programs } from "./programs.ts";

/**
 * Makes the keys and passwords of a cluster, each readable by its user alone; those that exist stay. None ever stands in an
 * argv or a log.
 */
export async function makeSecrets(
  deps: { readonly runner: Runner; readonly programs: Programs },
  file: ClusterFile,
  paths: NativePaths,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(paths.keys, { recursive: true, mode: 0o700 });
  const work: Promise<void>[] = [];
  // munged(8) takes keys of 32 to 1024 bytes and refuses one that others could read.
  if (file.auth === "munge") work.push(writeSecret(paths.mungeKey, randomBytes(128), 0o400));
  if (file.ports.ssh !== undefined) work.push(makeSshKeys(deps, file, paths, signal));
  if (file.cluster.services?.accounting === true) {
    work.push(writeSecret(paths.storagePassword, randomBytes(24).toString("base64url"), 0o600));
  }
  await settleAll(work);
}

async function makeSshKeys(
  deps: { readonly runner: Runner; readonly programs: Programs },
  file: ClusterFile,
  paths: NativePaths,
  signal: AbortSignal,
): Promise<void> {
  const keygen = deps.programs.need("ssh-keygen", "ssh into the cluster");
  const name = file.cluster.name;
  await settleAll(
    [paths.sshHostKey, paths.sshKey]
      .filter((key) => !existsSync(key))
      .map((key) => deps.runner.run(sshKeygen(keygen, key, name), { signal, deadlineMs: 20_000 })),
  );
  const hostKey = await readFile(`${paths.sshHostKey}.pub`, "utf8");
  await writeFile(paths.sshKnownHosts, `${name} ${hostKey.split(" ").slice(0, 2).join(" ")}\n`, { mode: 0o600 });
}

function sshKeygen(program: string, key: string, comment: string): Command<void> {
  return {
    argv: [program, "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", key],
    parse({ exitCode, stderr }) {
      if (exitCode !== 0) throw new SluiceError("COMMAND_FAILED", `ssh-keygen made no key: ${stderr.trim()}`);
    },
  };
}

async function writeSecret(path: string, secret: string | Buffer, mode: number): Promise<void> {
  if (!existsSync(path)) await writeFile(path, secret, { mode, flag: "wx" });
}
