import { once } from "node:events";
import { access, chmod, mkdtemp, readlink, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { localHost } from "./local.ts";

const never = new AbortController().signal;

test("programs are found on PATH first, then in the system's folders, and only if they can be run", async () => {
  const folder = await mkdtemp(join(tmpdir(), "host-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const host = localHost(folder);
  const shell = await host.find("sh");
  expect(shell).toMatch(/^\/(usr\/)?bin\/sh$/);
  await writeFile(join(folder, "sh"), "");
  expect(await host.find("sh")).toBe(shell);
  await chmod(join(folder, "sh"), 0o755);
  expect(await host.find("sh")).toBe(join(folder, "sh"));
  expect(await host.find("no-such-program")).toBeUndefined();
});

test("a command's streams and exit code are told apart, and one that cannot be started has exit code 127", async () => {
  const host = localHost("");
  expect(await host.run(["sh", "-c", "echo out; echo err >&2; exit 3"], never)).toEqual({
    stdout: "out\n",
    stderr: "err\n",
    exitCode: 3,
  });
  expect((await host.run(["/no/such/program"], never)).exitCode).toBe(127);
});

test("an aborted command is ended", async () => {
  const output = await localHost("").run(["sleep", "600"], AbortSignal.timeout(50));
  expect(output.exitCode).not.toBe(0);
});

test("disposing a daemon ends it and waits for its end", async () => {
  const daemon = localHost("").start(["sleep", "600"]);
  await daemon[Symbol.asyncDispose]();
  expect((await daemon.ended).exitCode).not.toBe(0);
});

test("a port that somebody listens on is not free", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  expect(await localHost("").isFree(address.port)).toBe(false);
  server.close();
  await once(server, "close");
  expect(await localHost("").isFree(address.port)).toBe(true);
});

test("a temporary folder is this user's alone, and gone when disposed", async () => {
  const folder = await localHost("").temporaryFolder();
  expect((await stat(folder.path)).mode & 0o777).toBe(0o700);
  expect((await stat(await folder.write("key", "secret", 0o400))).mode & 0o777).toBe(0o400);
  expect(await readlink(await folder.link("gpu0", "/dev/null"))).toBe("/dev/null");
  await folder[Symbol.asyncDispose]();
  await expect(access(folder.path)).rejects.toThrow("ENOENT");
});
