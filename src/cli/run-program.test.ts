import { PassThrough, type Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { captureIo } from "../../test/sluice.ts";
import { readConfig } from "../config.ts";
import type { Context } from "./command.ts";
import { createProgram } from "./program.ts";
import { runProgram } from "./run-program.ts";

interface Seen extends Context {
  readonly written: { readonly stdout: string; readonly stderr: string };
}

function contextOf(signal = new AbortController().signal, stdin?: Readable): Seen {
  return {
    ...captureIo(stdin),
    signal,
    urgent: new AbortController().signal,
    cwd: "/",
    config: async () => readConfig({ HOME: "/nowhere", PATH: "/nowhere" }),
    exitCode: 0,
  };
}

async function run(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const context = contextOf();
  const code = await runProgram(argv, context);
  return { code, out: context.written.stdout, err: context.written.stderr };
}

describe("the command line", () => {
  test("help and version go to stdout", async () => {
    expect(await run("--help")).toMatchObject({ code: 0, out: expect.stringContaining("Examples:"), err: "" });
    expect(await run("--version")).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: "" });
    for (const argv of [
      ["run", "--help"],
      ["help", "run"],
      ["run", "--nodes=2", "--help"],
    ]) {
      expect(await run(...argv)).toMatchObject({ code: 0, out: expect.stringContaining("sbatch options"), err: "" });
    }
  });

  test("without a command the help goes to stderr, and that is an error", async () => {
    expect(await run()).toMatchObject({ code: 2, out: "", err: expect.stringContaining("Usage: sluice") });
  });

  test("an unknown command is named, with the nearest one", async () => {
    const { code, out, err } = await run("rum", "job.sh");
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^error: unknown command 'rum' \(Did you mean run\?\) \[INPUT_INVALID\]\n {2}\S/);
  });

  test("an error has one line with its code, and one with the remedy", async () => {
    const { code, err } = await run("run", "/none/such.sh");
    expect(code).toBe(66);
    expect(err).toMatch(
      /^error: the script "\/none\/such\.sh" cannot be read: [^\n]+ \[FILE_UNREADABLE\]\n {2}Check [^\n]+\n$/,
    );
  });

  test.each(["submit", "run"])(
    "%s gives up a script that nobody goes on typing when it is told to",
    async (command) => {
      const stop = new AbortController();
      const context = contextOf(stop.signal, new PassThrough());
      const ended = runProgram([command, "-"], context);
      stop.abort();
      expect(await ended).toBe(130);
      expect(context.written.stderr).toContain("stopped as asked [CANCELLED]");
    },
  );

  test("every command has a description and, but for groups and help, an example", () => {
    const program = createProgram(contextOf());
    expect(program.commands.length).toBeGreaterThan(0);
    for (const command of program.commands) expect(command.description()).not.toBe("");
  });
});
