import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseReceipt } from "./receipt.ts";
import { writeWrapper } from "./wrapper.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "wrapper it's "));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Wrapped {
  readonly pid: number;
  readonly text: () => string;
  /** As a parent sees it: the status, or the signal's number. */
  readonly ended: Promise<{ readonly status: number; readonly signal: number }>;
}

/** Runs the wrapper as slurmstepd does, but by a shell of the test's choice. */
async function wrap(
  shell: readonly [string, ...string[]],
  script: string,
  { mode = 0o700, args = [] as string[] } = {},
): Promise<Wrapped> {
  const interpreter = script.slice(2, script.indexOf("\n")).split(" ");
  await writeFile(join(folder, "user-script"), script, { mode });
  await writeFile(join(folder, "script"), writeWrapper({ directory: folder, header: ["#SBATCH --x"], interpreter }));
  const child = spawn(shell[0], [...shell.slice(1), join(folder, "script"), ...args], {
    env: { PATH: process.env["PATH"], SLURM_JOB_ID: "12" },
    stdio: "pipe",
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
const shells = [["dash"], ["bash", "--posix"]] as const;

/**
 * A shell that is kept from its `wait` by a busy host may hear of its child's death elsewhere, and then cannot tell it from
 * `exit 128+N`; a few in a hundred do while other tests run beside. What a wrapper gets wrong always still fails here.
 */
const outweighBusyHost = { retry: 3 };

describe.for(shells)("the wrapper, run by %s", outweighBusyHost, (shell) => {
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
      const wrapped = await wrap(shell, `#!/bin/bash\n${end}\n`);
      expect(await wrapped.ended).toEqual({ status, signal });
      expect(await receiptIn()).toMatchObject({ nativeId: "12", restarts: 0, exit: { status, signal } });
      expect((await readdir(folder)).sort()).toEqual(["exit", "script", "start", "user-script"]);
    },
  );

  test("stdin and arguments are the script's own", async () => {
    const wrapped = await wrap(shell, '#!/bin/sh\ncat; printf "|%s" "$@"\n', {
      args: ["a b", "$(id)", "", "two\nlines"],
    });
    await wrapped.ended;
    expect(wrapped.text()).toBe("input|a b|$(id)||two\nlines");
  });

  test("a script that the file system will not execute is given to its interpreter", async () => {
    const wrapped = await wrap(shell, "#!/bin/sh -e\nfalse\nexit 0\n", { mode: 0o600 });
    expect(await wrapped.ended).toEqual({ status: 1, signal: 0 });
  });

  test.for(["SIGTERM", "SIGUSR1", "SIGINT", "SIGHUP"] as const)(
    "%s to the wrapper alone reaches the script once",
    async (signal) => {
      const name = signal.slice(3);
      const script = `#!/bin/bash\ntrap 'echo got ${name}' ${name}\necho ready\nsleep 0.5 & p=$!\nwhile kill -0 $p 2>/dev/null; do wait $p; done\nexit 5\n`;
      const wrapped = await wrap(shell, script);
      await expect.poll(wrapped.text, { timeout: 10_000, interval: 5 }).toContain("ready");
      process.kill(wrapped.pid, signal);
      expect(await wrapped.ended).toEqual({ status: 5, signal: 0 });
      expect(wrapped.text()).toBe(`ready\ngot ${name}\n`);
    },
  );

  test("a signal that ends the script ends the wrapper by the same", async () => {
    const wrapped = await wrap(shell, "#!/bin/bash\necho ready\nexec sleep 300\n");
    await expect.poll(wrapped.text, { timeout: 10_000, interval: 5 }).toContain("ready");
    process.kill(wrapped.pid, "SIGTERM");
    expect(await wrapped.ended).toEqual({ status: 0, signal: 15 });
  });
});

test("a receipt of an earlier run is gone as soon as the next one begins", async () => {
  await writeFile(join(folder, "exit"), "job 12\nrestarts 0\nended 1\nexit 0:0\n");
  const wrapped = await wrap(["sh"], '#!/bin/sh\nread line\nls "${0%/*}"\nkill -KILL $PPID\n');
  await wrapped.ended;
  expect(wrapped.text().split("\n")).not.toContain("exit");
});
