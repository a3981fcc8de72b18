import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants as fsConstants } from "node:fs";
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseReceipt } from "./receipt.ts";
import { writeWrapper } from "./wrapper.ts";

let folder: string;
/** All of PATH on a node without perl. */
let programs: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "wrapper it's "));
  programs = await mkdtemp(join(tmpdir(), "programs-"));
  for (const name of ["sh", "dash", "bash", "env", "sleep", "date", "mv", "rm", "readlink", "cat", "ls", "true"])
    await symlink(pathOf(name), join(programs, name));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
  await rm(programs, { recursive: true, force: true });
});

function pathOf(program: string): string {
  for (const directory of (process.env["PATH"] ?? "").split(":")) {
    const path = join(directory, program);
    try {
      accessSync(path, fsConstants.X_OK);
      return path;
    } catch {
      continue;
    }
  }
  throw new Error(`${program} is not installed here`);
}

/** A node that jobs run on. */
interface Host {
  readonly shell: readonly [string, ...string[]];
  readonly hasPerl: boolean;
}

interface Wrapped {
  readonly pid: number;
  readonly text: () => string;
  /** As a parent sees it: the status, or the signal's number. */
  readonly ended: Promise<{ readonly status: number; readonly signal: number }>;
}

interface WrapOptions {
  readonly mode?: number;
  readonly args?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
}

/** Runs the wrapper as slurmstepd does, but by a shell of the test's choice, and where wanted without perl. */
async function wrap(
  { shell, hasPerl }: Host,
  script: string,
  { mode = 0o700, args = [], variables = {} }: WrapOptions = {},
): Promise<Wrapped> {
  const interpreter = script.slice(2, script.indexOf("\n")).split(" ");
  await writeFile(join(folder, "user-script"), script, { mode });
  await writeFile(join(folder, "script"), writeWrapper({ directory: folder, header: ["#SBATCH --x"], interpreter }));
  const child = spawn(shell[0], [...shell.slice(1), join(folder, "script"), ...args], {
    env: { PATH: hasPerl ? process.env["PATH"] : programs, SLURM_JOB_ID: "12", ...variables },
    stdio: "pipe",
    // A group of its own, so that a signal can reach all of it at once.
    detached: true,
  });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  // What the wrapper itself would say belongs to nobody: it must say nothing. The scripts here are silent on stderr.
  child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
  child.stdin.end("input");
  return {
    pid: child.pid ?? 0,
    text: () => text,
    ended: new Promise((resolve) => {
      child.once("close", (code, signal) =>
        resolve({ status: code ?? 0, signal: signal === null ? 0 : constants.signals[signal] }),
      );
    }),
  };
}

const receiptIn = async (): Promise<unknown> => parseReceipt(await readFile(join(folder, "exit"), "utf8"));

/** dash is /bin/sh on Debian and Ubuntu, bash on Red Hat and its kin. */
const hosts: readonly (readonly [string, Host])[] = [
  ["dash and perl", { shell: ["dash"], hasPerl: true }],
  ["bash and perl", { shell: ["bash", "--posix"], hasPerl: true }],
  ["dash alone", { shell: ["dash"], hasPerl: false }],
  ["bash alone", { shell: ["bash", "--posix"], hasPerl: false }],
];

describe.for(hosts)("the wrapper, run by %s", ([, host]) => {
  test.for([
    ["exit 0", 0, 0],
    ["exit 3", 3, 0],
    ["exit 137", 137, 0],
    ["kill -KILL $$", 0, 9],
    ["kill -SEGV $$", 0, 11],
    ["(kill -KILL $BASHPID); exit $?", 137, 0],
  ] as const)(
    "a script that ends with `%s` leaves that receipt, and the wrapper ends so too",
    async ([end, status, signal]) => {
      const wrapped = await wrap(host, `#!/bin/bash\n${end}\n`);
      expect(await wrapped.ended).toEqual({ status, signal });
      expect(await receiptIn()).toMatchObject({ nativeId: "12", restarts: 0, exit: { status, signal } });
      expect((await readdir(folder)).sort()).toEqual(["exit", "script", "start", "user-script"]);
    },
  );

  test("stdin and arguments are the script's own", async () => {
    const wrapped = await wrap(host, '#!/bin/sh\ncat; printf "|%s" "$@"\n', {
      args: ["a b", "$(id)", "", "two\nlines"],
    });
    await wrapped.ended;
    expect(wrapped.text()).toBe("input|a b|$(id)||two\nlines");
  });

  test("a script that the file system will not execute is given to its interpreter", async () => {
    const wrapped = await wrap(host, "#!/bin/sh -e\nfalse\nexit 0\n", { mode: 0o600 });
    expect(await wrapped.ended).toEqual({ status: 1, signal: 0 });
  });

  test.for(["SIGTERM", "SIGUSR1", "SIGINT", "SIGHUP"] as const)(
    "%s to the wrapper alone reaches the script once",
    async (signal) => {
      const name = signal.slice(3);
      const script = `#!/bin/bash\ntrap 'echo got ${name}' ${name}\necho ready\nsleep 0.5 & p=$!\nwhile kill -0 $p 2>/dev/null; do wait $p; done\nexit 5\n`;
      const wrapped = await wrap(host, script);
      await expect.poll(wrapped.text, { timeout: 10_000, interval: 5 }).toContain("ready");
      process.kill(wrapped.pid, signal);
      expect(await wrapped.ended).toEqual({ status: 5, signal: 0 });
      expect(wrapped.text()).toBe(`ready\ngot ${name}\n`);
    },
  );

  test("a signal that ends the script ends the wrapper by the same", async () => {
    const wrapped = await wrap(host, "#!/bin/bash\necho ready\nexec sleep 300\n");
    await expect.poll(wrapped.text, { timeout: 10_000, interval: 5 }).toContain("ready");
    process.kill(wrapped.pid, "SIGTERM");
    expect(await wrapped.ended).toEqual({ status: 0, signal: 15 });
  });
});

// A shell alone does not say of every signal that it ended a script.
describe.for(hosts.filter(([, { hasPerl }]) => hasPerl))("the wrapper, run by %s", ([, host]) => {
  test.for([
    ["kill -TERM $$", 0, 15],
    ["kill -INT $$", 0, 2],
    ["kill -PIPE $$", 0, 13],
    ["kill -USR1 $$", 0, 10],
    ["exit 130", 130, 0],
    ["exit 143", 143, 0],
    ["trap 'exit 143' TERM; kill -TERM $$", 143, 0],
  ] as const)("a script that ends with `%s` is known for what it is", async ([end, status, signal]) => {
    const wrapped = await wrap(host, `#!/bin/bash\n${end}\n`);
    expect(await wrapped.ended).toEqual({ status, signal });
    expect(await receiptIn()).toMatchObject({ exit: { status, signal } });
  });
});

test.for(hosts)(
  "a signal that reaches all processes ends the job at once, at whatever moment of its start it comes, run by %s",
  { timeout: 120_000 },
  async ([, host]) => {
    for (let delayMs = 0; delayMs < 30; delayMs += 1) {
      const wrapped = await wrap(host, "#!/bin/sh\nsleep 60\n");
      await sleep(delayMs);
      process.kill(-wrapped.pid, "SIGTERM");
      const late = sleep(20_000, "late", { ref: false });
      const ended = await Promise.race([wrapped.ended, late]);
      if (ended === "late") process.kill(-wrapped.pid, "SIGKILL");
      expect([delayMs, ended]).not.toEqual([delayMs, "late"]);
    }
  },
);

test.for([
  ["PERL5OPT", "-MNo::Such::Module"],
  ["PERL5LIB", "/nowhere"],
] as const)("%s=%s, which may keep perl from working, keeps no job from running", async ([name, value]) => {
  const script = `#!/bin/sh\necho "$${name}"\nexit 4\n`;
  const wrapped = await wrap({ shell: ["sh"], hasPerl: true }, script, { variables: { [name]: value } });
  expect(await wrapped.ended).toEqual({ status: 4, signal: 0 });
  expect(wrapped.text()).toBe(`${value}\n`);
  expect(await receiptIn()).toMatchObject({ exit: { status: 4, signal: 0 } });
});

test("the script has the files open and the signals set that it would have without a wrapper", async () => {
  const script = "#!/bin/sh\nls -m /proc/$$/fd\ngrep -E '^Sig(Blk|Ign|Cgt)' /proc/$$/status\n";
  const wrapped = await wrap({ shell: ["sh"], hasPerl: true }, script);
  await wrapped.ended;
  const child = spawn(join(folder, "user-script"), { stdio: "pipe", detached: true });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(child, "close");
  expect(wrapped.text()).toContain("SigIgn:");
  expect(wrapped.text()).toBe(Buffer.concat(chunks).toString());
});

test("a receipt of an earlier run is gone as soon as the next one begins", async () => {
  await writeFile(join(folder, "exit"), "job 12\nrestarts 0\nended 1\nexit 0:0\n");
  const wrapped = await wrap(
    { shell: ["sh"], hasPerl: true },
    '#!/bin/sh\nread line\nls "${0%/*}"\nkill -KILL $PPID\n',
  );
  await wrapped.ended;
  expect(wrapped.text().split("\n")).not.toContain("exit");
});
