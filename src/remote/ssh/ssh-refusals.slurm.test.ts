import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startSshd, type RealSshd } from "../../../test/real-sshd.ts";
import { openClient, sshClientsOf } from "../../../test/ssh-client.ts";
import { SshDestination } from "../../schema/ssh-destination.ts";
import { sshArguments } from "./command-line.ts";

let sshd: RealSshd;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd.close());

async function failure(destination: SshDestination, options: Parameters<typeof openClient>[1] = {}): Promise<unknown> {
  await using client = openClient(destination, options);
  try {
    await client.sh("true");
    return "it worked";
  } catch (error) {
    return error;
  }
}

const told = (reason: string, message: RegExp): object => ({
  code: "CLUSTER_UNREACHABLE",
  message: expect.stringMatching(message),
  details: { reason, mayHaveRun: false },
});

test("an unknown host key, with both ways to make it known; the user's own config cannot switch the check off", async () => {
  const config = join(sshd.folder, "careless_config");
  await writeFile(
    config,
    `StrictHostKeyChecking no\nUserKnownHostsFile ${join(sshd.folder, "none")}\nGlobalKnownHostsFile none\n`,
  );
  const destination = { ...sshd.destination, config_file: config, identity_file: join(sshd.folder, "user_key") };
  expect(await failure(destination)).toMatchObject(
    told(
      "host-key-unknown",
      new RegExp(`not known here; .*ssh -p ${sshd.port} 127.0.0.1.*ssh-keyscan -p ${sshd.port} 127.0.0.1`),
    ),
  );
  // Asked for by name: the first key is taken, and kept.
  const accepting = { ...destination, options: { StrictHostKeyChecking: "accept-new" } };
  expect(await failure(accepting)).toBe("it worked");
  expect(await failure(destination)).toBe("it worked");
  await rm(join(sshd.folder, "none"));
});

test("a key that is refused", async () => {
  const destination = { ...sshd.destination, host: "nobody-of-that-name@127.0.0.1" };
  expect(await failure(destination)).toMatchObject(
    told("login-refused", /refused the login: .*Permission denied \(publickey\).*BatchMode=yes/),
  );
});

test("a port where nobody listens, a host that is not there, a server that says nothing", async () => {
  expect(await failure({ ...sshd.destination, port: 1 })).toMatchObject(told("no-route", /Connection refused/));
  expect(await failure({ ...sshd.destination, host: "no-such-host.invalid" })).toMatchObject(
    told("no-such-host", /there is no host "no-such-host.invalid"/),
  );
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const address = silent.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  expect(await failure({ ...sshd.destination, port }, { openDeadlineMs: 500 })).toMatchObject(
    told("no-answer", /was not ready within 0.5 s/),
  );
  await expect.poll(() => sshClientsOf(port), { timeout: 5_000 }).toEqual([]);
  silent.close();
});

test("an ssh configuration with a mistake, and none at all", async () => {
  const config = join(sshd.folder, "wrong_config");
  await writeFile(config, "Nonsense yes\n");
  expect(await failure({ ...sshd.destination, config_file: config })).toMatchObject(
    told("configuration", /does not accept its configuration: .*nonsense/i),
  );
  const missing = { ...sshd.destination, config_file: join(sshd.folder, "missing_config") };
  expect(await failure(missing)).toMatchObject(told("configuration", /missing_config/));
});

test("a master connection that the user opened is gone through, and none is made", async () => {
  const path = join(sshd.folder, "master");
  const { port, config_file = "" } = sshd.destination;
  const master = spawn("ssh", ["-F", config_file, "-p", String(port), "-M", "-S", path, "-N", "127.0.0.1"]);
  await expect.poll(() => existsSync(path), { timeout: 5_000, interval: 10 }).toBe(true);
  // With no key of its own a login is refused, unless it goes through the master.
  const config = join(sshd.folder, "master_config");
  const known = join(sshd.folder, "known_hosts");
  await writeFile(
    config,
    `IdentityFile none\nIdentitiesOnly yes\nUserKnownHostsFile ${known}\nControlMaster auto\nControlPersist yes\nControlPath ${path}\n`,
  );
  const destination = { ...sshd.destination, config_file: config };
  expect(await failure(destination)).toBe("it worked");
  const gone = once(master, "exit");
  master.kill();
  await gone;
  expect(await failure(destination)).toMatchObject(told("login-refused", /refused the login/));
  const withKey = { ...destination, identity_file: join(sshd.folder, "user_key") };
  expect(await failure(withKey)).toBe("it worked");
  expect(existsSync(path)).toBe(false);
});

test("a host key that has changed", async () => {
  const other = await startSshd();
  try {
    await other.stop();
    await other.changeHostKey();
    await other.start();
    expect(await failure(other.destination)).toMatchObject(
      told(
        "host-key-changed",
        new RegExp(`not the one that is known; nothing was sent.*ssh-keygen -R '?\\[127.0.0.1\\]:${other.port}`),
      ),
    );
  } finally {
    await other.close();
  }
});

test("ssh itself takes every option that may be set", () => {
  const values: Readonly<Record<string, string>> = {
    AddressFamily: "inet",
    BindAddress: "127.0.0.1",
    CertificateFile: "/none",
    Ciphers: "aes256-ctr",
    ConnectTimeout: "3",
    ControlPath: "/none",
    HostKeyAlgorithms: "ssh-ed25519",
    IPQoS: "none",
    KexAlgorithms: "curve25519-sha256",
    MACs: "hmac-sha2-256",
    PreferredAuthentications: "publickey",
    ProxyJump: "hop",
    RekeyLimit: "1G",
    StrictHostKeyChecking: "accept-new",
    UserKnownHostsFile: "/none",
  };
  const destination = SshDestination.parse({ host: "login", config_file: "/dev/null", options: values });
  const said = execFileSync("ssh", ["-G", ...sshArguments(destination)], { encoding: "utf8" });
  expect(said).toContain("batchmode yes\n");
  expect(said).toContain("stricthostkeychecking accept-new\n");
  expect(said).toContain("proxyjump hop\n");
});
