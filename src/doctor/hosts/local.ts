import { spawn, type ChildProcess } from "node:child_process";
import { access, chmod, constants, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { delimiter, join } from "node:path";
import type { CommandOutput } from "../../schema/command.ts";
import type { Daemon, Host, TemporaryFolder } from "../host.ts";

/** No probe's command takes longer than this; `docker version` waits for an engine that may not answer. */
const commandDeadlineMs = 10_000;
/** How long a daemon may take to end when asked, before it is killed. */
const endDeadlineMs = 5_000;

/** Where programs stand that an ordinary user's PATH may leave out. */
const systemFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"];

/** The machine that Sluice runs on. `path` is PATH. */
export function localHost(path: string): Host {
  const folders = [...path.split(delimiter).filter((folder) => folder !== ""), ...systemFolders];
  return {
    platform: process.platform,
    nodeVersion: process.version,
    uid: process.geteuid?.(),
    userName: userName(),
    async find(program) {
      for (const folder of folders) {
        const candidate = join(folder, program);
        if (await allows(candidate, constants.X_OK)) return candidate;
      }
      return undefined;
    },
    run: (argv, signal) => outputOf(launch(argv, AbortSignal.any([signal, AbortSignal.timeout(commandDeadlineMs)]))),
    start,
    readText: (file) => readFile(file, "utf8").catch(() => undefined),
    isWritable: (file) => allows(file, constants.W_OK),
    isFree,
    temporaryFolder,
  };
}

/** A user without a line in the password database, as containers have, is known by number alone. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.geteuid?.() ?? "unknown");
  }
}

async function allows(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}

function launch([program, ...args]: readonly [string, ...string[]], signal?: AbortSignal): ChildProcess {
  return spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    killSignal: "SIGKILL",
    ...(signal === undefined ? {} : { signal }),
  });
}

function outputOf(child: ChildProcess): Promise<CommandOutput> {
  const text = { stdout: "", stderr: "" };
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (text.stdout += chunk));
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (text.stderr += chunk));
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ ...text, stderr: `${text.stderr}${error.message}`, exitCode: 127 }));
    child.once("close", (code) => resolve({ ...text, exitCode: code ?? 137 }));
  });
}

function start(argv: readonly [string, ...string[]]): Daemon {
  const child = launch(argv);
  const ended = outputOf(child);
  return {
    ended,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      const kill = setTimeout(() => child.kill("SIGKILL"), endDeadlineMs);
      await ended;
      clearTimeout(kill);
    },
  };
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), "sluice-doctor-"));
  return {
    path,
    async write(name, text, mode = 0o644) {
      const file = join(path, name);
      await writeFile(file, text);
      await chmod(file, mode);
      return file;
    },
    async link(name, target) {
      const file = join(path, name);
      await symlink(target, file);
      return file;
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}
