import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../../../errors.ts";
import type { Command } from "../../../schema/command.ts";
import { writeSlurmdbdConf } from "../../../slurm/config/slurmdbd-conf.ts";
import { clusterMark, marked } from "./mark.ts";
import type { StartContext } from "./start.ts";

const database = "slurm_acct_db";
const storageUser = "slurm";

/** MariaDB with a data folder of the cluster's own, then slurmdbd, where the cluster keeps accounts. */
export async function startAccounting(context: StartContext): Promise<void> {
  const { mariadb, slurmdbd } = context.cluster.file.ports;
  if (mariadb === undefined || slurmdbd === undefined) return;
  await startDatabase(context, mariadb);
  await writeConfig(context, mariadb, slurmdbd);
  const daemon = context.launch("slurmdbd", "slurmdbd", ["-D"]);
  await context.answering(daemon, { port: slurmdbd }, "slurmdbd to answer");
}

async function startDatabase(context: StartContext, port: number): Promise<void> {
  const { host, paths, operation } = context;
  const folder = join(paths.data, "mariadb");
  if (!existsSync(join(folder, "mysql"))) {
    operation.progress("making the accounting database");
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const install = host.programs.need("mariadb-install-db", "accounting");
    const command = installDatabase(install, folder, host.user);
    const prlimit = host.programs.find("prlimit");
    // Marked too, so that it is found where Sluice is killed meanwhile.
    const argv = prlimit === undefined ? command.argv : marked(prlimit, clusterMark(paths.directory), command.argv);
    await host.runner.run(
      { ...command, argv },
      {
        signal: operation.signal,
        deadlineMs: operation.timeoutMs,
      },
    );
  }
  const password = (await readFile(paths.storagePassword, "utf8")).trim();
  await writeFile(paths.storageInit, initialStatements(password), { mode: 0o600 });
  const mariadbd = context.launch("mariadbd", "mariadbd", [
    "--no-defaults",
    `--user=${host.user}`,
    `--datadir=${folder}`,
    `--socket=${paths.storageSocket}`,
    `--port=${port}`,
    "--bind-address=127.0.0.1",
    `--pid-file=${join(paths.run, "mariadb.pid")}`,
    `--log-error=${join(paths.logs, "mariadbd.log")}`,
    `--init-file=${paths.storageInit}`,
    "--skip-name-resolve",
    // A test cluster's accounts: quick rather than proof against a power cut.
    "--innodb-flush-log-at-trx-commit=2",
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=16M",
  ]);
  await context.answering(mariadbd, { path: paths.storageSocket }, "MariaDB to answer");
}

/** Run at every start; none of it changes a database that is as it should be. The password is of [A-Za-z0-9_-] alone. */
function initialStatements(password: string): string {
  const user = `'${storageUser}'@'127.0.0.1'`;
  return `CREATE DATABASE IF NOT EXISTS ${database};
CREATE USER IF NOT EXISTS ${user} IDENTIFIED BY '${password}';
GRANT ALL ON ${database}.* TO ${user};
`;
}

function installDatabase(program: string, folder: string, user: string): Command<void> {
  return {
    argv: [
      program,
      "--no-defaults",
      `--datadir=${folder}`,
      `--user=${user}`,
      "--auth-root-authentication-method=socket",
      "--skip-test-db",
    ],
    parse({ exitCode, stdout, stderr }) {
      if (exitCode === 0) return;
      const words = (stderr.trim() === "" ? stdout : stderr).trim().split("\n").slice(-5).join("; ");
      throw new SluiceError("DAEMON_FAILED", `mariadb-install-db made no database: ${words}`);
    },
  };
}

/** slurmdbd.conf holds the password, so it is written at the start and readable by its user alone; an edited one stays. */
async function writeConfig(context: StartContext, mariadb: number, slurmdbd: number): Promise<void> {
  const { cluster, host, paths, standing } = context;
  if (existsSync(paths.slurmdbdConf)) return;
  const conf = writeSlurmdbdConf({
    cluster: cluster.record.name,
    hostname: "localhost",
    address: "127.0.0.1",
    port: slurmdbd,
    auth: standing.auth === "munge" ? { type: "munge", socket: paths.mungeSocket } : { type: "none" },
    slurmUser: host.user,
    storage: {
      host: "127.0.0.1",
      port: mariadb,
      user: storageUser,
      password: (await readFile(paths.storagePassword, "utf8")).trim(),
      database,
    },
    logFile: join(paths.logs, "slurmdbd.log"),
    pidFile: join(paths.run, "slurmdbd.pid"),
  });
  await writeFile(paths.slurmdbdConf, conf.text, { mode: 0o600 });
}
