import { spawn, type ChildProcess, type ChildProcessByStdio } from "node:child_process";
import { createHash } from "node:crypto";
import { chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { ClusterRecord } from "../../src/schema/cluster-record.ts";
import { compiledElsewhere } from "../compiled-elsewhere.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));

export interface Result {
  /** 128 + signal where a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A person to be: whoever runs the tests, or, for root, somebody with no rights. */
export interface Person {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** A SLUICE_HOME and a folder to work in that belong to one test. What is left in them when it ends is cleared away. */
export interface Workspace extends AsyncDisposable {
  readonly root: string;
  readonly home: string;
  readonly cwd: string;
  /** Gives a port for ssh that no other test's cluster has; every create gets one. */
  sshPort(): number;
  /** argv that runs Sluice here. */
  readonly command: readonly [string, ...string[]];
  /** Folder of Sluice's sources, which this person may read. */
  readonly sources: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs Sluice to its end. */
  sluice(args: readonly string[], options?: RunOptions): Promise<Result>;
  /** Runs Sluice to its end, and throws where it fails. */
  ok(args: readonly string[], options?: RunOptions): Promise<string>;
  /** Starts Sluice and returns at once. */
  start(args: readonly string[], options?: RunOptions): ChildProcessByStdio<null, Readable, Readable>;
  /** Runs any other program as this person, by default against the named cluster. */
  run(argv: readonly [string, ...string[]], cluster?: string, options?: RunOptions): Promise<Result>;
  directory(cluster: string): string;
  slurmConf(cluster: string): string;
  record(cluster: string): ClusterRecord;
}

export interface WorkspaceOptions {
  /** Somebody else than who runs the tests; needs root. */
  readonly person?: Person;
  /** Path of the folder to work in, below the workspace's own. */
  readonly folder?: string;
}

/** Makes a workspace. */
export function openWorkspace({ person, folder = "w" }: WorkspaceOptions = {}): Workspace {
  const root = mkdtempSync("/tmp/hygiene-");
  const cwd = join(root, folder);
  const home = join(root, "home");
  mkdirSync(cwd, { recursive: true });
  const sluice = person === undefined ? [process.execPath, join(repository, "src/cli/main.ts")] : readableSluice(root);
  if (person !== undefined) {
    for (const owned of [root, cwd]) chownSync(owned, person.uid, person.gid);
  }
  const become = person === undefined ? [] : setpriv(person);
  const [program = "", ...before] = [...become, ...sluice];
  const env: Record<string, string> = {
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    HOME: cwd,
    SLUICE_HOME: home,
    LANG: "C.UTF-8",
    ...compiledElsewhere,
  };
  const sshPort = sshPortsOf(root);
  // Tests run side by side, each with a registry of its own, and would all like the port that is the default.
  const withPort = (args: readonly string[]): readonly string[] =>
    args[1] === "create" ? [...args, "--port", String(sshPort())] : args;
  const start = (args: readonly string[], options: RunOptions = {}): ChildProcessByStdio<null, Readable, Readable> =>
    spawn(program, [...before, ...withPort(args)], {
      cwd: options.cwd ?? cwd,
      env: { ...env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
  const workspace: Workspace = {
    root,
    home,
    cwd,
    sshPort,
    command: [program, ...before],
    sources: person === undefined ? repository : join(root, "sluice"),
    env,
    start,
    sluice: (args, options) => finished(start(args, options)),
    async ok(args, options) {
      const result = await finished(start(args, options));
      if (result.code === 0) return result.stdout;
      throw new Error(`sluice ${args.join(" ")} ended with ${result.code}: ${result.stderr}${result.stdout}`);
    },
    run(argv, cluster, options = {}) {
      const [name = "", ...args] = [...become, ...argv];
      return finished(
        spawn(name, args, {
          cwd: options.cwd ?? cwd,
          env: {
            ...env,
            ...(cluster === undefined ? {} : { SLURM_CONF: workspace.slurmConf(cluster) }),
            ...options.env,
          },
          stdio: ["ignore", "pipe", "pipe"],
        }),
      );
    },
    directory: (cluster) => join(cwd, ".slurm-cluster", cluster),
    slurmConf: (cluster) => join(workspace.directory(cluster), "config/slurm.conf"),
    record: (cluster) =>
      ClusterRecord.parse(JSON.parse(readFileSync(join(home, "clusters", `${cluster}.json`), "utf8"))),
    async [Symbol.asyncDispose]() {
      if (existsSync(home)) await workspace.sluice(["cluster", "destroy", "--all", "--quiet"]);
      rmSync(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  return workspace;
}

/** Below the ports that Sluice picks for the daemons, in an order of each workspace's own. */
function sshPortsOf(root: string): () => number {
  let next = createHash("sha256").update(root).digest().readUInt16BE(0);
  return () => {
    next += 1;
    return 10_000 + (next % 10_000);
  };
}

/** Whoever runs these tests, and where that is root, an ordinary user too. */
export function people(): readonly { readonly who: string; readonly person?: Person }[] {
  const { uid, username } = userInfo();
  return uid === 0 ? [{ who: "root" }, { who: nobody().name, person: nobody() }] : [{ who: username }];
}

/** An ordinary user: `nobody` for root, else whoever runs these tests. */
export function ordinaryPerson(): { readonly who: string; readonly person?: Person } {
  return people().at(-1) ?? { who: "" };
}

function nobody(): Person {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith("nobody:"));
  const [name = "nobody", , uid, gid] = line?.split(":") ?? [];
  return { name, uid: Number(uid), gid: Number(gid) };
}

function setpriv({ uid, gid }: Person): readonly string[] {
  return ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", "--"];
}

/** A copy of Sluice that everybody may read: the checkout may stand in a folder of root's alone. */
function readableSluice(root: string): readonly string[] {
  const copy = join(root, "sluice");
  for (const path of ["package.json", "src", "test/hygiene", ...neededPackages()]) {
    cpSync(join(repository, path), join(copy, path), { recursive: true, dereference: true });
  }
  const node = join(copy, "node");
  cpSync(process.execPath, node, { dereference: true });
  return [node, join(copy, "src/cli/main.ts")];
}

/** Folders of the packages that the sources import, and of those that these need. Development alone needs the others. */
function neededPackages(): readonly string[] {
  const Package = z.object({ dependencies: z.record(z.string(), z.string()).default({}) });
  const folders = new Set<string>();
  const add = (names: Iterable<string>): void => {
    for (const name of names) {
      const folder = `node_modules/${name}`;
      if (folders.has(folder) || !existsSync(join(repository, folder))) continue;
      folders.add(folder);
      const text = readFileSync(join(repository, folder, "package.json"), "utf8");
      add(Object.keys(Package.parse(JSON.parse(text)).dependencies));
    }
  };
  const sources = filesBelow(join(repository, "src")).filter((file) => file.endsWith(".ts"));
  add(
    sources.flatMap((file) => {
      const text = readFileSync(join(repository, "src", file), "utf8");
      const imported = text.matchAll(/(?:from|import\()\s*"((?:@[\w-]+\/)?[\w-]+)[\w/.-]*"/g);
      return [...imported].flatMap(([, name = ""]) => (file.endsWith("test.ts") || name === "node" ? [] : [name]));
    }),
  );
  return [...folders];
}

/** Waits for a program's end and collects what it prints. */
export function finished(child: ChildProcess): Promise<Result> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) =>
      resolve({ code: code ?? 128 + (signal === "SIGKILL" ? 9 : signal === "SIGINT" ? 2 : 15), stdout, stderr }),
    );
  });
}

/** Asks until there is an answer; throws at the deadline. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  deadlineMs = 20_000,
  everyMs = 15,
): Promise<T> {
  const began = performance.now();
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() - began > deadlineMs) throw new Error(`waited ${deadlineMs} ms for ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, everyMs);
    });
  }
}

/** Every file, folder and link below a folder; none where it is not there. What goes while it is read is read past. */
export function filesBelow(folder: string): readonly string[] {
  while (existsSync(folder)) {
    try {
      return readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
  }
  return [];
}

/** The folder that holds a workspace's clusters' folders. */
export function clustersFolder(workspace: Workspace): string {
  return dirname(workspace.directory("x"));
}
