import { spawn } from "node:child_process";
import { userInfo } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "./config.ts";
import { SluiceError } from "./errors.ts";
import { createNativeDriver } from "./launcher/drivers/native/native-driver.ts";
import { identify, isRunning, killTree } from "./launcher/drivers/native/processes.ts";
import { findPrograms } from "./launcher/drivers/native/programs.ts";
import type { LauncherDeps } from "./launcher/clusters.ts";
import { ownerWatch, userHolder } from "./launcher/owner-watch.ts";
import { openRecords } from "./launcher/records.ts";
import { registry } from "./registry.ts";
import { createLocalRunner } from "./remote/local-runner.ts";
import type { ClusterRecord, ProcessRecord } from "./schema/cluster-record.ts";
import type { Command } from "./schema/command.ts";

/** Builds the launcher: its drivers, its registry of clusters, and the watch over those that die with their owner. */
export function assembleLauncher(config: Config): LauncherDeps {
  const { uid, username } = userInfo();
  const programs = findPrograms(config.path);
  const records = openRecords(config.home);
  const environment = { PATH: programs.searchPath, LANG: "C.UTF-8", SLUICE_HOME: config.home };
  const native = createNativeDriver({
    user: username,
    uid,
    programs,
    runner: createLocalRunner({ env: environment }),
  });
  return {
    records,
    drivers: registry("driver", [native]),
    stateDirectory: config.home,
    now: () => new Date(),
    processes: { identify, isRunning, kill: killTree },
    watchOwner: (record) => startWatch(record, join(records.directory, `${record.name}.json`), environment),
    holdUsers: (folder) => startApart(userHolder(folder), `the holder of ${folder}`, environment),
  };
}

function startWatch(record: ClusterRecord, recordFile: string, env: Readonly<Record<string, string>>): ProcessRecord {
  const main = fileURLToPath(new URL(`./cli/main${extname(import.meta.url)}`, import.meta.url));
  const command = ownerWatch(record, recordFile, [process.execPath, main]);
  return startApart(command, `the watch over cluster "${record.name}"`, env);
}

/** Starts a process that goes on when this one has ended. */
function startApart({ argv }: Command<void>, what: string, env: Readonly<Record<string, string>>): ProcessRecord {
  const [program, ...args] = argv;
  const child = spawn(program, args, { cwd: "/", detached: true, env: { ...env }, stdio: "ignore" });
  child.on("error", () => {});
  child.unref();
  const id = child.pid === undefined ? undefined : identify(child.pid);
  if (id === undefined) throw new SluiceError("COMMAND_FAILED", `${what} did not start`);
  return id;
}
