import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLocalRunner } from "../../../remote/local-runner.ts";
import { createTokens, userOfToken } from "./rest-token.ts";

const never = new AbortController().signal;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "token-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const runner = createLocalRunner({ env: { PATH: "/usr/bin:/bin" } });

function tokenOf(claims: Readonly<Record<string, unknown>>): string {
  return `aGVhZA.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`;
}

describe("a token in a file", () => {
  test("is read bare and as scontrol prints it, and again when the file has changed", async () => {
    const file = join(folder, "token");
    const tokens = createTokens({ file }, runner, Date.now);
    await writeFile(file, "one\n");
    expect(await tokens.current(never)).toBe("one");
    await writeFile(file, "SLURM_JWT=three.a.b\n");
    expect(await tokens.current(never)).toBe("three.a.b");
  });

  test.each([
    ["that is not there", undefined],
    ["that is empty", ""],
    ["with several lines", "two\nlines\n"],
    ["with an error message in it", "scontrol: error: no such thing\n"],
  ])("%s is an error that names it, and not what is in it", async (name, content) => {
    const file = join(folder, name.replaceAll(" ", "-"));
    if (content !== undefined) await writeFile(file, content);
    const tokens = createTokens({ file }, runner, Date.now);
    const failure: unknown = await tokens.current(never).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining(file) });
    expect(String(failure)).not.toContain(content?.trim() === "" ? "\0" : (content?.trim() ?? "\0"));
  });
});

describe("a token of a command", () => {
  /** Prints another token each time, good for so many seconds. */
  const countingTokens = (name: string, seconds: number, now: () => number): ReturnType<typeof createTokens> => {
    const claims = Buffer.from(JSON.stringify({ exp: 1_000 + seconds })).toString("base64url");
    const script = `echo x >>${join(folder, name)}; echo SLURM_JWT=a.${claims}.$(wc -l <${join(folder, name)})`;
    return createTokens({ command: ["sh", "-c", script] }, runner, now);
  };

  test("is kept until shortly before its end, and whoever asks at once gets the same", async () => {
    let now = 1_000_000;
    const tokens = countingTokens("kept", 100, () => now);
    const first = await Promise.all([tokens.current(never), tokens.current(never)]);
    expect(new Set(first).size).toBe(1);
    now += 60_000;
    expect(await tokens.current(never)).toBe(first[0]);
    now += 15_000;
    expect(await tokens.current(never)).not.toBe(first[0]);
  });

  test("is fetched anew when it was refused", async () => {
    const tokens = countingTokens("refused", 1_000, () => 1_000_000);
    const first = await tokens.current(never);
    expect(await tokens.current(never, first)).not.toBe(first);
  });

  test("that fails is an error without what the command printed", async () => {
    const tokens = createTokens({ command: ["sh", "-c", "echo secret; exit 3"] }, runner, Date.now);
    const failure: unknown = await tokens.current(never).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "CONFIG_INVALID", details: { exitCode: 3 } });
    expect(JSON.stringify(failure) + String(failure)).not.toContain("secret");
  });
});

test("whose a token is stands in its claims, where it says so", () => {
  expect(userOfToken(tokenOf({ sun: "alice" }))).toBe("alice");
  expect(userOfToken(tokenOf({ username: "bob" }))).toBe("bob");
  for (const token of [tokenOf({}), tokenOf({ sun: 5 }), "opaque", "a.b.c", "a.bnVsbA.c"]) {
    expect(userOfToken(token)).toBeUndefined();
  }
});
