import { execFile, spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  holdPrivilegeSeparationDirectory,
  removePrivilegeSeparationDirectory,
} from "../src/launcher/drivers/native/privilege-separation.ts";
import { listProcesses } from "../src/launcher/drivers/native/processes.ts";
import type { SshDestination } from "../src/schema/ssh-destination.ts";
import { freePortRun } from "./slurm-setup.ts";

const run = promisify(execFile);
const server = "/usr/sbin/sshd";
const isRoot = process.geteuid?.() === 0;

/** A real sshd on a loopback port, with keys and client files of its own, where the user of this process logs in. */
export interface RealSshd {
  readonly folder: string;
  readonly port: number;
  /** Complete: knows the host key, has the user's key. */
  readonly destination: SshDestination;
  /** Ends the server and, where asked, the sessions that it serves, as a crash or a vanished host would. */
  stop(options?: { readonly sessions: boolean }): Promise<void>;
  start(): Promise<void>;
  /** The server's processes for sessions, the one that started them left out. */
  sessions(): readonly number[];
  /** Gives the server another host key. */
  changeHostKey(): Promise<void>;
  close(): Promise<void>;
}

/** In a name space of its own, the first argument lies over passwd(5); the machine's own file stays as it is. */
const underOwnPasswd = 'mount --bind "$1" /etc/passwd && shift && exec "$@"';

/**
 * Starts one with lines put before its own configuration, so that they win. As root it may have users of its own: a file in
 * the form of passwd(5), whose users log in with the same key.
 */
export async function startSshd(
  lines: readonly string[] = [],
  { passwd }: { readonly passwd?: string } = {},
): Promise<RealSshd> {
  if (!existsSync(server))
    throw new Error("These tests need sshd; `npm test` installs it on Debian and Ubuntu as root.");
  const folder = await mkdtemp(join(tmpdir(), "sshd-"));
  const file = (name: string): string => join(folder, name);
  const port = await freePortRun(1);
  const makeKey = (name: string): Promise<unknown> =>
    run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", file(name)]);
  const knowHost = async (): Promise<void> =>
    writeFile(file("known_hosts"), `[127.0.0.1]:${port} ${await readFile(file("host_key.pub"), "utf8")}`);
  await Promise.all([makeKey("host_key"), makeKey("user_key")]);
  await knowHost();
  // The keys of others are read as those others.
  await chmod(folder, 0o755);
  await writeFile(
    file("sshd_config"),
    `${lines.join("\n")}
Port ${port}
ListenAddress 127.0.0.1
HostKey ${file("host_key")}
AuthorizedKeysFile ${file("user_key.pub")}
PidFile none
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
PrintMotd no
PrintLastLog no
`,
  );
  await writeFile(
    file("ssh_config"),
    `Host *
  User ${userInfo().username}
  IdentityFile ${file("user_key")}
  IdentitiesOnly yes
  UserKnownHostsFile ${file("known_hosts")}
  GlobalKnownHostsFile none
`,
  );

  let daemon: ChildProcess | undefined;
  let said = "";
  const sessionsOf = (pid: number | undefined): readonly number[] => {
    const all = listProcesses();
    const found = new Set(all.filter((info) => info.parent === pid).map((info) => info.pid));
    for (const info of all) if (found.has(info.parent) && info.name === "sshd") found.add(info.pid);
    return [...found];
  };
  const sshd: RealSshd = {
    folder,
    port,
    destination: { host: "127.0.0.1", port, config_file: file("ssh_config") },
    async start() {
      await using _folder = isRoot ? await holdPrivilegeSeparationDirectory(AbortSignal.timeout(10_000)) : undefined;
      const command = [server, "-D", "-e", "-f", file("sshd_config")];
      const [program = server, ...args] =
        passwd === undefined ? command : ["unshare", "-m", "sh", "-c", underOwnPasswd, "sshd", passwd, ...command];
      daemon = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
      daemon.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
      const deadline = Date.now() + 10_000;
      while (!(await answers(port))) {
        if (Date.now() > deadline || daemon.exitCode !== null) throw new Error(`sshd did not start: ${said}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async stop({ sessions } = { sessions: true }) {
      const stopping = daemon;
      if (stopping === undefined) return;
      daemon = undefined;
      const serving = sessionsOf(stopping.pid);
      const gone = new Promise((resolve) => stopping.once("exit", resolve));
      stopping.kill("SIGTERM");
      await gone;
      if (!sessions) return;
      for (const pid of serving) {
        try {
          process.kill(pid, "SIGKILL");
        } catch {
          // It has ended with the server.
        }
      }
    },
    sessions: () => sessionsOf(daemon?.pid),
    async changeHostKey() {
      await Promise.all([rm(file("host_key")), rm(file("host_key.pub"))]);
      await makeKey("host_key");
    },
    async close() {
      await sshd.stop();
      if (isRoot) await removePrivilegeSeparationDirectory();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await sshd.start();
  return sshd;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("data", () => {
      socket.destroy();
      resolve(true);
    });
    for (const end of ["error", "close"]) socket.once(end, () => resolve(false));
  });
}
