import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { makeFolder, startPlan } from "../../../test/planned-cluster.ts";
import { presetPlan } from "../../../test/preset-plans.ts";
import { writeSlurmdbdConf } from "./slurmdbd-conf.ts";

const run = promisify(execFile);
/** Below those of the other tests. */
const firstPort = 22_000 + (process.pid % 100) * 8;
const password = "a#b 'c\\d";

/** The two ways to MariaDB. Over its socket it asks for no password. */
const ways = [
  { way: "its socket", host: "localhost", secret: {} },
  { way: "a port", host: "127.0.0.1", secret: { port: firstPort + 7, password } },
];

test.each(ways)("slurmdbd stores what a GPU job used, in a MariaDB reached over $way", async ({ host, secret }) => {
  const dir = await makeFolder();
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const socket = join(dir, "db", "socket");
  await startMariadb(join(dir, "db"), socket);

  const { text, mode } = writeSlurmdbdConf({
    cluster: "gpu",
    hostname: "localhost",
    address: "127.0.0.1",
    port: firstPort + 6,
    auth: { type: "none" },
    slurmUser: "root",
    storage: { host, user: "slurm", database: "slurm_acct_db", ...secret },
    logFile: join(dir, "slurmdbd.log"),
    pidFile: join(dir, "slurmdbd.pid"),
  });
  await mkdir(join(dir, "config"));
  await writeFile(join(dir, "config", "slurmdbd.conf"), text, { mode });
  const plan = {
    ...presetPlan("gpu", "22.05", { dir, firstPort, user: "root" }),
    auth: { type: "none" },
    accounting: { host: "127.0.0.1", port: firstPort + 6 },
  } as const;
  // slurmdbd reads AuthType from slurm.conf too, so the plan's stands beside its own file before slurmctld does.
  await writeFile(join(dir, "config", "slurm.conf"), "ClusterName=gpu\nSlurmctldHost=localhost\nAuthType=auth/none\n");
  const env = { ...process.env, SLURM_CONF: join(dir, "config", "slurm.conf"), MYSQL_UNIX_PORT: socket };
  own(spawn("slurmdbd", ["-D"], { env, stdio: "ignore" }));
  await until(async () => {
    const connection = connect({ host: "127.0.0.1", port: firstPort + 6 });
    await once(connection, "connect").finally(() => connection.destroy());
  });

  await using cluster = await startPlan(plan, dir, 0);
  await cluster.command("sbatch", "--wait", "--gpus=2", "--partition=gpu", "--output=/dev/null", "--wrap=true");
  await expect
    .poll(() => cluster.command("sacct", "-X", "-n", "-P", "-o", "State,ExitCode,AllocTRES"), { timeout: 20_000 })
    .toBe("COMPLETED|0:0|billing=1,cpu=1,gres/gpu=2,mem=2G,node=1\n");
});

async function startMariadb(dir: string, socket: string): Promise<void> {
  const data = ["--no-defaults", `--datadir=${join(dir, "data")}`, "--user=root"];
  await mkdir(dir);
  await run("mariadb-install-db", [...data, "--auth-root-authentication-method=normal", "--skip-test-db"]);
  // Otherwise a caller from 127.0.0.1 is taken for the user at localhost.
  const network = [
    "--skip-name-resolve",
    "--bind-address=127.0.0.1",
    `--port=${firstPort + 7}`,
    `--pid-file=${join(dir, "pid")}`,
  ];
  own(spawn("mariadbd", [...data, ...network, `--socket=${socket}`], { stdio: "ignore" }));
  const sql = [
    "CREATE USER 'slurm'@'localhost'",
    `CREATE USER 'slurm'@'127.0.0.1' IDENTIFIED BY '${password.replace(/['\\]/g, "\\$&")}'`,
    "GRANT ALL ON slurm_acct_db.* TO 'slurm'@'localhost', 'slurm'@'127.0.0.1'",
  ].join(";");
  await until(() => run("mariadb", ["--no-defaults", `--socket=${socket}`, "--user=root", `--execute=${sql}`]));
}

/** Ends the daemon with the test. */
function own(daemon: ReturnType<typeof spawn>): void {
  onTestFinished(async () => {
    if (daemon.exitCode !== null || daemon.signalCode !== null) return;
    const ended = once(daemon, "exit");
    daemon.kill("SIGTERM");
    await ended;
  });
}

async function until(succeeds: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      await succeeds();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(50);
    }
  }
}
