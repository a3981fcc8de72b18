import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Command, CommandOutput } from "../schema/command.ts";
import type { Runner } from "./runner.ts";

/** What a runner under test is opened with. */
export interface RunnerFixture {
  readonly runner: Runner;
  /** An empty folder on the runner's host. */
  readonly folder: string;
  /** The bound on one command's output that the runner was opened with, at most a few megabytes. */
  readonly maxOutputBytes: number;
  close(): Promise<void>;
}

const never = new AbortController().signal;

function sh(script: string, extra: Partial<Command<CommandOutput>> = {}): Command<CommandOutput> {
  return { argv: ["sh", "-c", script], parse: (output) => output, ...extra };
}

/** Whether a process of this number runs on the runner's host; a zombie does not. */
async function runs(runner: Runner, pid: string): Promise<boolean> {
  const { stdout } = await runner.output(sh(`ps -o stat= -p ${pid} || true`), { signal: never });
  return stdout.trim() !== "" && !stdout.trim().startsWith("Z");
}

async function until(what: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await what())) {
    if (Date.now() > deadline) throw new Error("waited 10 s in vain");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The behaviour of every runner. */
export function describeRunner(name: string, open: () => Promise<RunnerFixture>): void {
  describe(`runner: ${name}`, () => {
    let fixture: RunnerFixture;
    let runner: Runner;
    beforeAll(async () => {
      fixture = await open();
      ({ runner } = fixture);
    });
    afterAll(() => fixture.close());
    const path = (file: string): string => `${fixture.folder}/${file}`;

    test("gives both streams and the exit code as they were", async () => {
      const output = await runner.run(sh("printf out; printf err >&2; exit 7"), { signal: never });
      expect(output).toEqual({ stdout: "out", stderr: "err", exitCode: 7 });
    });

    test("a command that a signal ended has 128 and the signal as its exit code", async () => {
      expect((await runner.run(sh("kill -KILL $$"), { signal: never })).exitCode).toBe(137);
    });

    test("arguments arrive as they are, whatever is in them", async () => {
      const args = ["a b", "it's", '"', "$(id)", "`id`", "\n", "*", "", "ü💥", "\\"];
      const command: Command<CommandOutput> = { argv: ["printf", "%s|", ...args], parse: (output) => output };
      expect((await runner.run(command, { signal: never })).stdout).toBe(args.map((arg) => `${arg}|`).join(""));
    });

    test("lays variables over the environment and removes others", async () => {
      const script = 'printf "%s,%s,%s" "$SLUICE_A" "${HOME-unset}" "${PATH:+path}"';
      const { stdout } = await runner.run(sh(script, { env: { SLUICE_A: "1 2", HOME: undefined } }), { signal: never });
      expect(stdout).toBe("1 2,unset,path");
    });

    test("gives the command its input, and none where there is none", async () => {
      expect((await runner.run(sh("cat", { stdin: "line\nlast" }), { signal: never })).stdout).toBe("line\nlast");
      expect((await runner.run(sh("cat"), { signal: never })).stdout).toBe("");
    });

    test("a command that does not read its input is no error", async () => {
      const { exitCode } = await runner.run(sh("exit 0", { stdin: "x".repeat(1_000_000) }), { signal: never });
      expect(exitCode).toBe(0);
    });

    test("runs in the folder that it is told", async () => {
      const { stdout } = await runner.run(sh("pwd -P"), { signal: never, directory: fixture.folder });
      expect(stdout.trim().endsWith(fixture.folder.split("/").at(-1) ?? "")).toBe(true);
    });

    test("more output than the bound is an error, not a cut text", async () => {
      const flood = sh(`head -c ${fixture.maxOutputBytes + 1} /dev/zero`);
      await expect(runner.run(flood, { signal: never })).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
      const full = sh(`head -c ${fixture.maxOutputBytes} /dev/zero`);
      expect((await runner.run(full, { signal: never })).stdout).toHaveLength(fixture.maxOutputBytes);
    });

    test("a command past its deadline is ended with all that it started", async () => {
      const script = `sleep 300 & echo $! >"$0/child"; trap '' TERM; sleep 300`;
      const command = { ...sh(""), argv: ["sh", "-c", script, fixture.folder] } as const;
      await expect(runner.run(command, { signal: never, deadlineMs: 300 })).rejects.toMatchObject({
        code: "DEADLINE_EXCEEDED",
      });
      const child = await runner.readFile(path("child"), { offset: 0, maxBytes: 20 }, never);
      const pid = Buffer.from(child?.bytes ?? [])
        .toString("utf8")
        .trim();
      expect(pid).toMatch(/^\d+$/);
      await until(async () => !(await runs(runner, pid)));
    });

    test("an abort ends the command", async () => {
      const abort = new AbortController();
      const running = runner.run(sh(`echo $$ >"${path("own")}"; exec sleep 300`), { signal: abort.signal });
      await until(
        async () => (await runner.readFile(path("own"), { offset: 0, maxBytes: 20 }, never))?.size !== undefined,
      );
      abort.abort();
      await expect(running).rejects.toMatchObject({ code: "CANCELLED" });
      await expect(runner.run(sh("true"), { signal: abort.signal })).rejects.toMatchObject({ code: "CANCELLED" });
    });

    test("a program that is not there is named", async () => {
      const missing: Command<void> = { argv: ["no-such-program"], parse: () => {} };
      await expect(runner.run(missing, { signal: never })).rejects.toMatchObject({
        code: "COMMAND_FAILED",
        message: expect.stringContaining("no-such-program"),
      });
    });

    test("a file is replaced as a whole and keeps any byte", async () => {
      const bytes = randomBytes(300_000);
      await runner.writeFile(path("file"), "first", { mode: 0o600 }, never);
      await runner.writeFile(path("file"), bytes, { mode: 0o700 }, never);
      const slice = await runner.readFile(path("file"), { offset: 0, maxBytes: 400_000 }, never);
      expect(slice?.size).toBe(bytes.length);
      expect(Buffer.from(slice?.bytes ?? []).equals(bytes)).toBe(true);
      const mode = await runner.run(sh(`ls -l "${path("file")}"`), { signal: never });
      expect(mode.stdout).toMatch(/^-rwx------/);
      expect((await runner.listDirectory(fixture.folder, never)).filter((file) => file.startsWith("file"))).toEqual([
        "file",
      ]);
    });

    test("a part of a file comes with the size of the whole; beyond its end there is nothing", async () => {
      await runner.writeFile(path("part"), "0123456789", { mode: 0o600 }, never);
      const read = async (offset: number, maxBytes: number): Promise<string> =>
        Buffer.from((await runner.readFile(path("part"), { offset, maxBytes }, never))?.bytes ?? []).toString("utf8");
      expect([await read(0, 4), await read(4, 100), await read(10, 5), await read(99, 5)]).toEqual([
        "0123",
        "456789",
        "",
        "",
      ]);
      expect((await runner.readFile(path("part"), { offset: 99, maxBytes: 1 }, never))?.size).toBe(10);
    });

    test("a file that is not there reads as nothing; a folder in its place is an error", async () => {
      expect(await runner.readFile(path("none/file"), { offset: 0, maxBytes: 1 }, never)).toBeUndefined();
      await expect(runner.readFile(fixture.folder, { offset: 0, maxBytes: 1 }, never)).rejects.toMatchObject({
        code: "FILE_UNREADABLE",
      });
      await expect(runner.writeFile(path("none/file"), "", { mode: 0o600 }, never)).rejects.toMatchObject({
        code: "FILE_UNWRITABLE",
      });
    });

    test("a file of many megabytes is written as a whole, too", async () => {
      const bytes = randomBytes(5_000_017);
      await runner.writeFile(path("large"), bytes, { mode: 0o600 }, never);
      const slice = await runner.readFile(path("large"), { offset: 0, maxBytes: bytes.length + 1 }, never);
      expect(slice?.size).toBe(bytes.length);
      expect(Buffer.from(slice?.bytes ?? []).equals(bytes)).toBe(true);
      const names = await runner.listDirectory(fixture.folder, never);
      expect(names.filter((file) => file.startsWith("large"))).toEqual(["large"]);
    });

    test("below a folder no link is followed where that is asked for, above it every one is", async () => {
      const script = `mkdir -p real/in && echo in >real/in/file && ln -s in real/way && ln -s file real/in/link && ln -s real top`;
      await runner.run(sh(script), { signal: never, directory: fixture.folder });
      const read = async (file: string, under: string): Promise<string | undefined> => {
        const slice = await runner.readFile(path(file), { offset: 0, maxBytes: 10, under: path(under) }, never);
        return slice && Buffer.from(slice.bytes).toString();
      };
      expect(await read("real/in/file", "real")).toBe("in\n");
      expect(await read("top/in/file", "top")).toBe("in\n");
      expect(await read("real/way/file", "real/way")).toBe("in\n");
      for (const [file, under] of [
        ["real/in/link", "real/in"],
        ["real/way/file", "real"],
        ["top/in/file", "."],
        ["real/in/none", "real"],
        ["real/none/file", "real"],
      ] as const) {
        const from = under === "." ? fixture.folder : path(under);
        const range = { offset: 0, maxBytes: 10, under: from };
        expect([file, await runner.readFile(path(file), range, never)]).toEqual([file, undefined]);
      }
      const fifo = sh(`mkfifo real/in/fifo`);
      await runner.run(fifo, { signal: never, directory: fixture.folder });
      expect(await read("real/in/fifo", "real")).toBe("");
    });

    test("a FIFO or a device in the place of a file is empty, and nobody waits for it", async () => {
      await runner.run(sh(`mkfifo "${path("fifo")}"`), { signal: never });
      for (const other of [path("fifo"), "/dev/zero", "/dev/null"]) {
        const slice = await runner.readFile(other, { offset: 0, maxBytes: 100 }, never);
        expect([other, slice?.size, slice?.bytes.length]).toEqual([other, 0, 0]);
      }
    });

    test("of two that make one folder, one made it", async () => {
      const made = await Promise.all(
        Array.from({ length: 8 }, () => runner.makeDirectory(path("deep/er/one"), { mode: 0o700 }, never)),
      );
      expect(made.filter(Boolean)).toHaveLength(1);
      expect((await runner.run(sh(`ls -ld "${path("deep/er/one")}"`), { signal: never })).stdout).toMatch(
        /^drwx------/,
      );
    });

    test("a folder is listed, and removed with all in it; one that is gone is no error", async () => {
      await runner.makeDirectory(path("full"), { mode: 0o700 }, never);
      await runner.writeFile(path("full/b"), "", { mode: 0o600 }, never);
      await runner.writeFile(path("full/a"), "", { mode: 0o600 }, never);
      expect(await runner.listDirectory(path("full"), never)).toEqual(["a", "b"]);
      await runner.removeDirectory(path("full"), never);
      await runner.removeDirectory(path("full"), never);
      expect(await runner.listDirectory(path("full"), never)).toEqual([]);
    });
  });
}
