import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chownSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { once } from "node:events";
import { userInfo } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { listProcesses } from "../src/launcher/drivers/native/processes.ts";
import { postgresFolder } from "../scripts/postgres-folder.ts";

/** A PostgreSQL of its own, on a unix socket in a folder of its own. */
export interface PostgresServer {
  /** The address of its database. */
  readonly url: string;
  /** Ends it: `fast` as its own `pg_ctl restart` would, `immediate` as a crash would. Resolves when it has ended. */
  stop(how: "fast" | "immediate"): Promise<void>;
  /** Suspends or continues it with all its connections: it takes what is sent and answers nothing. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** Starts it after `stop`; resolves when it answers. */
  start(): Promise<void>;
  /** Ends it and removes its folder. */
  close(): Promise<void>;
}

/** Makes and starts a server; throws with what to install where its programs are missing. */
export async function startPostgres(): Promise<PostgresServer> {
  const bin = programFolder();
  // Names of sockets are short, and the server's user must reach them.
  const folder = mkdtempSync("/tmp/sluice-pg-");
  const data = join(folder, "data");
  const account = serverAccount();
  if (account !== undefined) chownSync(folder, account.uid, account.gid);
  const options = { cwd: folder, encoding: "utf8", ...account } as const;
  const initdb = spawnSync(
    join(bin, "initdb"),
    ["-D", data, "-U", "sluice", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
    options,
  );
  if (initdb.status !== 0) throw new Error(`initdb failed: ${initdb.stderr}`);
  const url = `postgres://sluice@localhost/postgres?host=${encodeURIComponent(folder)}`;
  let server: ChildProcess | undefined;

  async function start(): Promise<void> {
    const args = ["-D", data, "-k", folder, "-c", "listen_addresses="];
    const child = spawn(join(bin, "postgres"), args, { cwd: folder, stdio: "ignore", ...account });
    server = child;
    for (const deadline = Date.now() + 30_000; ;) {
      if (child.exitCode !== null) throw new Error(`postgres ended with ${child.exitCode}`);
      if (await answers(url)) return;
      if (Date.now() > deadline) throw new Error("postgres did not answer within 30 s");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function stop(how: "fast" | "immediate"): Promise<void> {
    const child = server;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(how === "fast" ? "SIGINT" : "SIGQUIT");
    await ended;
  }

  await start();
  return {
    url,
    start,
    stop,
    signal(signal) {
      const pid = server?.pid;
      const parts = listProcesses().filter(({ parent }) => parent === pid);
      for (const each of [pid, ...parts.map((part) => part.pid)]) {
        if (each !== undefined) sendIfThere(each, signal);
      }
    },
    async close() {
      await stop("immediate");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("select 1");
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

function programFolder(): string {
  const found = postgresFolder();
  if (found !== undefined) return found;
  throw new Error(
    "PostgreSQL's server is not installed here: npm test installs it as root, or apt-get install postgresql",
  );
}

/** The server refuses to run as root: then it runs as the account of its package, or as nobody. */
function serverAccount(): { readonly uid: number; readonly gid: number } | undefined {
  if (userInfo().uid !== 0) return undefined;
  const lines = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  for (const name of ["postgres", "nobody"]) {
    const [, , uid, gid] = lines.find(([user]) => user === name) ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error("there is neither a user postgres nor a user nobody to run PostgreSQL as");
}

/** The server's parts come and go as it likes. */
function sendIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
