import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { startSshd, type RealSshd } from "../../../test/real-sshd.ts";
import { openClient } from "../../../test/ssh-client.ts";
import { describeRunner } from "../../jobs/runner.contract.ts";
import { SshChannels } from "./channels.ts";
import { systemClock } from "../../jobs/clock.ts";

const run = promisify(execFile);
const never = new AbortController().signal;
const maxOutputBytes = 1024 * 1024;

/** A login node as strict as they come: one session for each connection, and nothing but commands. */
const strict = [
  "MaxSessions 1",
  "MaxStartups 1",
  "AllowTcpForwarding no",
  "AllowAgentForwarding no",
  "AllowStreamLocalForwarding no",
  "X11Forwarding no",
  "PermitTTY no",
  "PermitTunnel no",
];

for (const [name, lines] of [
  ["ssh", []],
  ["ssh to a strict login node", strict],
] as const) {
  describeRunner(name, async () => {
    const sshd = await startSshd(lines);
    const folder = await mkdtemp(join(tmpdir(), "ssh-runner-"));
    const client = openClient(sshd.destination, { maxOutputBytes });
    return {
      runner: client.runner,
      folder,
      maxOutputBytes,
      async close() {
        await client[Symbol.asyncDispose]();
        await sshd.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  });
}

async function withSshd(lines: readonly string[], use: (sshd: RealSshd) => Promise<void>): Promise<void> {
  const sshd = await startSshd(lines);
  try {
    await use(sshd);
  } finally {
    await sshd.close();
  }
}

test("two hundred commands at once, over the one session that there is", () =>
  withSshd(strict, async (sshd) => {
    await using client = openClient(sshd.destination);
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => client.sh(`sleep 0.1; echo ${i}; exit ${i}`)),
    );
    expect(answers.map(({ stdout, exitCode }) => [stdout, exitCode])).toEqual(answers.map((_, i) => [`${i}\n`, i]));
    const agents = await Promise.all(Array.from({ length: 200 }, () => client.sh("echo $PPID")));
    expect(new Set(agents.map(({ stdout }) => stdout)).size).toBe(1);
  }));

test("a flood is bounded, one within the bound comes whole, and others are answered meanwhile", () =>
  withSshd([], async (sshd) => {
    await using client = openClient(sshd.destination, { maxOutputBytes: 50_000_000 });
    const size = 50_000_000;
    const [whole, tooMuch, between] = await Promise.all([
      client.sh(`head -c ${size} /dev/zero | tr '\\0' x`),
      client.sh("cat /dev/zero").catch((error: unknown) => error),
      client.sh("echo between"),
    ]);
    expect(whole.stdout.length).toBe(size);
    expect(whole.stdout).toMatch(/^x+$/);
    expect(tooMuch).toMatchObject({ code: "LIMIT_EXCEEDED" });
    expect(between.stdout).toBe("between\n");
    const input = "y".repeat(size / 5);
    const command = { argv: ["sh", "-c", "wc -c; echo end >&2"], stdin: input, parse: (end: unknown) => end } as const;
    expect(await client.runner.run(command, { signal: never })).toMatchObject({
      stdout: `${input.length}\n`,
      stderr: "end\n",
    });
  }));

test("file work that takes its time holds up nobody but those who ask for it", () =>
  withSshd([], async (sshd) => {
    await using client = openClient(sshd.destination);
    const size = 2 ** 34;
    await client.sh(`truncate -s ${size} '${sshd.folder}/sparse'`);
    const abort = new AbortController();
    const reading = client.runner.readFile(`${sshd.folder}/sparse`, { offset: 0, maxBytes: size }, abort.signal);
    expect((await client.sh("echo free")).stdout).toBe("free\n");
    abort.abort();
    await expect(reading).rejects.toMatchObject({ code: "CANCELLED" });
  }));

test("a large file that is given up on leaves nothing behind, and holds up nobody else meanwhile", () =>
  withSshd([], async (sshd) => {
    await using client = openClient(sshd.destination);
    const folder = `${sshd.folder}/large`;
    await client.runner.makeDirectory(folder, { mode: 0o700 }, never);
    const abort = new AbortController();
    const bytes = Buffer.alloc(64 * 1024 * 1024, "x");
    const writing = client.runner.writeFile(`${folder}/file`, bytes, { mode: 0o600 }, abort.signal);
    const refused = writing.catch((error: unknown) => error);
    const names = (): Promise<readonly string[]> => client.runner.listDirectory(folder, never);
    await expect.poll(names, { timeout: 60_000, interval: 5 }).toEqual([expect.stringMatching(/^file\.[0-9a-f]+$/)]);
    expect((await client.sh("echo free")).stdout).toBe("free\n");
    abort.abort();
    expect(await refused).toMatchObject({ code: "CANCELLED" });
    expect(await names()).toEqual([]);
  }));

test("clusters behind one login node share its channel", async () => {
  await using channels = new SshChannels({ env: {}, clock: systemClock, random: Math.random });
  const there = channels.to({ host: "login", options: { Compression: "yes", ProxyJump: "hop" } });
  expect(channels.to({ host: "login", options: { ProxyJump: "hop", Compression: "yes" } })).toBe(there);
  expect(channels.to({ host: "login" })).not.toBe(there);
  expect(channels.to({ host: "login", port: 2222, options: { Compression: "yes", ProxyJump: "hop" } })).not.toBe(there);
});

describe("start-up files", () => {
  // What a person's files print at login, whichever shell reads them.
  const noise = "echo 'Welcome! \"$HOME\" `%`'\nprintf 'no line end, and a token: ready'\n";
  const startUp = async (home: string): Promise<void> => {
    for (const file of [".bashrc", ".profile", ".zshenv"]) await writeFile(join(home, file), noise);
    await writeFile(join(home, ".profile"), `${noise}echo oops >&2\nexport FROM_PROFILE='a b'\n`);
    await writeFile(join(home, ".cshrc"), "echo 'Welcome from csh'\n");
  };
  const shells = ["/bin/bash", "/bin/dash", "/bin/zsh", "/bin/tcsh", "/bin/csh"].filter((shell) => existsSync(shell));

  test.for(shells)("a command line and start-up files read by %s", async (shell) => {
    const home = await mkdtemp(join(tmpdir(), "home-"));
    await startUp(home);
    const lines = [`SetEnv HOME=${home}`, `ForceCommand exec ${shell} -c "$SSH_ORIGINAL_COMMAND"`];
    await withSshd(lines, async (sshd) => {
      const { host, port, config_file = "" } = sshd.destination;
      const plain = await run("ssh", ["-F", config_file, "-p", String(port), host, "echo payload"]);
      expect(plain.stdout.endsWith("payload\n")).toBe(true);
      await using client = openClient(sshd.destination);
      const { stdout } = await client.sh('printf "%s|" "$HOME" "$FROM_PROFILE" "$PWD"');
      expect(stdout).toBe(`${home}|a b|${home}|`);
      const { environment, home: told } = await client.channel.greeting({ what: "", deadlineMs: 1_000, signal: never });
      expect([told, environment["FROM_PROFILE"]]).toEqual([home, "a b"]);
    });
    await rm(home, { recursive: true, force: true });
  });

  test("banners of bash are there to be skipped", async () => {
    const home = await mkdtemp(join(tmpdir(), "home-"));
    await startUp(home);
    await withSshd([`SetEnv HOME=${home}`, 'ForceCommand exec /bin/bash -ic "$SSH_ORIGINAL_COMMAND"'], async (sshd) => {
      const { host, port, config_file = "" } = sshd.destination;
      const plain = await run("ssh", ["-F", config_file, "-p", String(port), host, "echo payload"]);
      expect(plain.stdout).toContain("Welcome!");
      await using client = openClient(sshd.destination);
      expect((await client.sh("echo payload")).stdout).toBe("payload\n");
    });
    await rm(home, { recursive: true, force: true });
  });

  test("a login that prints without end, and one that is no shell, are given up with words", async () => {
    for (const [forced, message] of [
      ["yes", /prints without end/],
      ["echo 'This account is closed.' >&2; exit 1", /ended before it was ready: This account is closed/],
    ] as const) {
      await withSshd([`ForceCommand ${forced}`], async (sshd) => {
        await using client = openClient(sshd.destination);
        await expect(client.sh("true")).rejects.toMatchObject({
          code: "CLUSTER_UNREACHABLE",
          message: expect.stringMatching(message),
        });
      });
    }
  });

  test("something that prints into the channel later is noticed, and a command is not made up from it", async () => {
    await withSshd(['ForceCommand (sleep 0.6; echo later) & exec sh -c "$SSH_ORIGINAL_COMMAND"'], async (sshd) => {
      await using client = openClient(sshd.destination);
      await expect(client.sh("sleep 5; echo done")).rejects.toMatchObject({
        code: "CLUSTER_UNREACHABLE",
        message: expect.stringContaining("printed into the channel"),
      });
    });
  });

  test("no perl there is told as such", async () => {
    const nowhere = await mkdtemp(join(tmpdir(), "no-perl-"));
    // The agent's first line is for any sh, so one may stand in for /usr/bin/perl's absence.
    const forced = `ForceCommand sed -u -e 's,/usr/bin/perl,/none,' -e 's,^,PATH=${nowhere}; ,' | sh`;
    await withSshd([forced], async (sshd) => {
      await using client = openClient(sshd.destination);
      await expect(client.sh("true")).rejects.toMatchObject({
        code: "CLUSTER_UNREACHABLE",
        message: expect.stringContaining("has no perl"),
        details: { reason: "no-perl" },
      });
    });
    await rm(nowhere, { recursive: true, force: true });
  });
});
