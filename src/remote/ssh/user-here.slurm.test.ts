import { chown, chmod, lstat, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isAlive } from "../../../test/ssh-client.ts";
import { readConfig } from "../../config.ts";
import { describeRunner } from "../../jobs/runner.contract.ts";
import { systemClock } from "../../jobs/clock.ts";
import type { Runner } from "../../jobs/runner.ts";
import type { Command, CommandOutput } from "../../schema/command.ts";
import type { UnixAccount } from "../../schema/unix-account.ts";
import { SshChannel } from "./channel.ts";
import { createSshRunner } from "./ssh-runner.ts";

const signal = new AbortController().signal;
const maxOutputBytes = 1024 * 1024;
const environment = { ...readConfig().environment, SECRET_OF_ROOT: "hunter2", SBATCH_ACCOUNT: "x" };
/** Only root can be somebody else; the two are in every passwd(5). */
const others: readonly UnixAccount[] =
  process.geteuid?.() !== 0
    ? []
    : [
        { name: "nobody", uid: 65534, gid: 65534, home: "/nonexistent", shell: "/usr/sbin/nologin" },
        { name: "daemon", uid: 1, gid: 1, home: "/usr/sbin", shell: "/usr/sbin/nologin" },
      ];

function open(as: UnixAccount, env: Readonly<Record<string, string>> = environment): SshChannel {
  const destination = { host: `this machine as ${as.name}`, as };
  return new SshChannel({ destination, env, clock: systemClock, random: Math.random });
}

async function folderOf({ uid, gid }: UnixAccount): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "as-user-")));
  await chown(folder, uid, gid);
  return folder;
}

for (const account of others) {
  describeRunner(`this machine as ${account.name}`, async () => {
    const channel = open(account);
    const folder = await folderOf(account);
    return {
      runner: createSshRunner({ channel, maxOutputBytes }),
      folder,
      maxOutputBytes,
      async close() {
        await channel[Symbol.asyncDispose]();
        await rm(folder, { recursive: true, force: true });
      },
    };
  });
}

describe.each(others)("as $name", (account) => {
  let channel: SshChannel;
  let runner: Runner;
  let folder: string;
  beforeAll(async () => {
    channel = open(account);
    runner = createSshRunner({ channel });
    folder = await folderOf(account);
  });
  afterAll(async () => {
    await channel[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });
  const sh = (script: string): Promise<CommandOutput> => {
    const command: Command<CommandOutput> = { argv: ["sh", "-c", script], parse: (output) => output };
    return runner.run(command, { signal });
  };

  test("nothing of root is left: ids, groups, capabilities, terminal, environment", async () => {
    const { uid, gid } = account;
    const status = (await sh("cat /proc/self/status")).stdout;
    for (const [name, value] of [
      ["Uid", [uid, uid, uid, uid].join("\t")],
      ["Gid", [gid, gid, gid, gid].join("\t")],
      ["Groups", `${gid} `],
      ["CapInh", "0000000000000000"],
      ["CapPrm", "0000000000000000"],
      ["CapEff", "0000000000000000"],
      ["CapAmb", "0000000000000000"],
    ]) {
      expect(status).toContain(`\n${name}:\t${value}\n`);
    }
    expect((await sh("(: </dev/tty) 2>&1; ls -1 /proc/self/fd")).stdout).toMatch(
      /No such device or address\n0\n1\n2\n3\n$/,
    );
    const variables = (await sh("env")).stdout;
    expect(variables).not.toMatch(/hunter2|SBATCH|SUDO|npm_|VITEST/);
    expect(variables).toContain(`\nUSER=${account.name}\n`.trimStart());
    expect((await sh("echo $HOME $LOGNAME; pwd")).stdout).toMatch(`${account.home} ${account.name}\n`);
  });

  test("what only root may read or write stays so, through a link too", async () => {
    const secret = join(await realpath(await mkdtemp(join(tmpdir(), "roots-"))), "secret");
    await writeFile(secret, "hunter2", { mode: 0o600 });
    await symlink(secret, join(folder, "stdout"));
    await symlink(join(secret, ".."), join(folder, "jobs"));
    const range = { offset: 0, maxBytes: 100 };
    const refused = { code: "FILE_UNREADABLE", message: expect.stringContaining("Permission denied") };
    await expect(runner.readFile(secret, range, signal)).rejects.toMatchObject(refused);
    await expect(runner.readFile(join(folder, "stdout"), range, signal)).rejects.toMatchObject(refused);
    await expect(runner.writeFile(join(folder, "jobs", "x"), "x", { mode: 0o600 }, signal)).rejects.toThrow(
      "Permission denied",
    );
    await expect(runner.makeDirectory(join(folder, "jobs", "y"), { mode: 0o700 }, signal)).rejects.toThrow(
      "Permission denied",
    );
    await runner.removeDirectory(join(folder, "jobs"), signal);
    await runner.writeFile(join(folder, "stdout"), "mine", { mode: 0o600 }, signal);
    expect(await readFile(secret, "utf8")).toBe("hunter2");
    expect(await lstat(join(folder, "stdout"))).toMatchObject({ uid: account.uid, gid: account.gid });
    await rm(join(secret, ".."), { recursive: true });
  });

  test("what was started ends with the channel", async () => {
    const own = open(account);
    const started = createSshRunner({ channel: own }).output(
      { argv: ["sh", "-c", `echo $$ >${folder}/pid; exec sleep 600`], parse: (output) => output },
      { signal, deadlineMs: 60_000 },
    );
    started.catch(() => {});
    const pid = async (): Promise<number> => Number(await readFile(join(folder, "pid"), "utf8").catch(() => "0"));
    await expect.poll(pid, { timeout: 20_000 }).toBeGreaterThan(0);
    await own[Symbol.asyncDispose]();
    const left = await pid();
    await expect.poll(() => isAlive(left), { timeout: 20_000 }).toBe(false);
  });
});

describe("a user as whom nothing can be run", () => {
  test("is named, with what setpriv said", async () => {
    await using channel = open({ name: "ghost", uid: 2 ** 31 + 7, gid: 2 ** 31 + 7, home: "/", shell: "/bin/sh" });
    const greeting = channel.greeting({ what: "start", deadlineMs: 20_000, signal });
    await expect(greeting).rejects.toMatchObject({
      code: "CLUSTER_UNREACHABLE",
      message: expect.stringMatching(/^nothing can be run as ghost on this machine: setpriv: /),
    });
  });

  test("is told of what is missing for that", async () => {
    const empty = await mkdtemp(join(tmpdir(), "no-setpriv-"));
    await chmod(empty, 0o755);
    await using channel = open({ name: "ghost", uid: 65534, gid: 65534, home: "/", shell: "/bin/sh" }, { PATH: empty });
    const greeting = channel.greeting({ what: "start", deadlineMs: 20_000, signal });
    await expect(greeting).rejects.toThrow(/^perl cannot be started: .*; install perl$/);
    await rm(empty, { recursive: true });
  });
});
