import { describe, expect, test } from "vitest";
import { remediesOf } from "../remedies.ts";
import type { Check } from "../report.ts";
import { cgroup, hierarchyOf } from "./cgroup.ts";
import { containers } from "./containers.ts";
import { machine } from "./machine.ts";
import { munge } from "./munge.ts";
import { ports } from "./ports.ts";
import { optionalServices } from "./services.ts";
import { severalSlurmd } from "./several-slurmd.ts";
import { slurm } from "./slurm.ts";
import { ssh } from "./ssh.ts";

const debian = remediesOf("linux", 'PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\n', true);
const rocky = remediesOf("linux", 'ID="rocky"\nID_LIKE="rhel centos fedora"\n', false);

const reply = (stdout: string, stderr = "", exitCode = 0) => ({ stdout, stderr, exitCode });
const row = (checks: readonly Check[], id: string): Check | undefined => checks.find((check) => check.id === id);

describe("machine", () => {
  const linux = { platform: "linux", nodeVersion: "v24.1.0", uid: 0, userName: "root", hasProc: true };

  test("Linux with /proc and a recent Node is all it takes", () => {
    expect(machine.judge(linux, debian).map(({ status }) => status)).toEqual(["ok", "ok", "ok"]);
  });

  test("another system is a needed lack with the way out", () => {
    const mac = remediesOf("darwin", "", false);
    const check = row(machine.judge({ ...linux, platform: "darwin", hasProc: false }, mac), "machine.system");
    expect(check).toMatchObject({ status: "missing", needed: true, found: "darwin" });
    expect(check?.remedy).toMatch(/Linux machine, container or WSL2/);
  });

  test.each([
    ["v22.18.0", "ok"],
    ["v22.17.9", "missing"],
    ["v20.20.2", "missing"],
    ["v23.0.0", "ok"],
  ])("Node %s is %s", (nodeVersion, status) => {
    expect(row(machine.judge({ ...linux, nodeVersion }, debian), "machine.node")?.status).toBe(status);
  });
});

describe("slurm", () => {
  const all = new Map(["slurmctld", "slurmd", "sbatch", "srun"].map((name) => [name, `/usr/bin/${name}`]));

  test.each([
    ["slurm-wlm 22.05.8\n", "ok", "22.05.8"],
    ["slurm 25.11.0-0rc1\n", "ok", "25.11.0-0rc1"],
    ["slurm 20.11.9\n", "warn", "20.11.9"],
    ["gibberish", "warn", "unknown version: gibberish"],
  ])("the version in %j is %s", (versionText, status, found) => {
    expect(row(slurm.judge({ paths: all, versionText }, debian), "slurm.version")).toMatchObject({ status, found });
  });

  test("a program that is not here names its package", () => {
    const checks = slurm.judge({ paths: all, versionText: "slurm 23.11.4" }, debian);
    expect(row(checks, "slurm.slurmd")).toMatchObject({ status: "ok", found: "/usr/bin/slurmd" });
    expect(row(checks, "slurm.scontrol")).toMatchObject({
      status: "missing",
      needed: true,
      remedy: "apt-get install -y --no-install-recommends slurm-client",
    });
    expect(row(checks, "slurm.slurmdbd")).toMatchObject({ status: "missing", needed: false });
  });

  test("an ordinary user of an RPM system is told of sudo and dnf", () => {
    const checks = slurm.judge({ paths: new Map(), versionText: undefined }, rocky);
    expect(row(checks, "slurm.version")?.remedy).toBe("sudo dnf install -y slurm-slurmctld slurm-slurmd slurm");
  });
});

describe("several slurmd", () => {
  const gres = "slurmd-probe-1: Gres Name=gpu Type=fake Count=1 Index=0 ID=7696487 File=/x/gpu0 (null)\n";

  test("a node that prints its GPU proves both rows", () => {
    const checks = severalSlurmd.judge({ reply: reply("", gres) }, debian);
    expect(checks.map(({ status }) => status)).toEqual(["ok", "ok"]);
  });

  test.each([
    ["slurmd: invalid option -- 'N'\nUsage: slurmd [OPTIONS]", 1],
    ["slurmd: error: Duplicated NodeHostName localhost in the config file", 0],
  ])("a build for one slurmd per host is told apart: %j", (stderr, exitCode) => {
    const [nodes, gpus] = severalSlurmd.judge({ reply: reply("", stderr, exitCode) }, debian);
    expect(nodes).toMatchObject({ status: "missing", needed: true });
    expect(nodes?.remedy).toMatch(/--enable-multiple-slurmd/);
    expect(gpus?.status).toBe("warn");
  });

  test("a slurmd that counts no GPU leaves CPU clusters possible", () => {
    const [nodes, gpus] = severalSlurmd.judge({ reply: reply("") }, debian);
    expect([nodes?.status, gpus?.status, gpus?.needed]).toEqual(["ok", "warn", false]);
  });

  test("without slurmd there is one row, and it is needed", () => {
    expect(severalSlurmd.judge({ reply: undefined }, debian)).toMatchObject([{ status: "missing", needed: true }]);
  });
});

describe("munge", () => {
  test.each([
    [{ isRoot: true, missing: false, failure: undefined }, "ok", "munged runs as root"],
    [{ isRoot: false, missing: false, failure: "munged: Error: socket" }, "warn", "munged: Error: socket"],
    [{ isRoot: false, missing: true, failure: undefined }, "missing", "not found"],
  ])("%j is %s", (facts, status, found) => {
    expect(munge.judge(facts, debian)).toMatchObject([{ status, found, needed: false }]);
  });
});

describe("ports", () => {
  test("busy ports are named and are no obstacle", () => {
    const checks = ports.judge({ busy: [2222, 6817, 6818] }, debian);
    expect(checks.map(({ status, found, needed }) => [status, found, needed])).toEqual([
      ["warn", "busy", false],
      ["warn", "busy: 6817, 6818", false],
    ]);
  });

  test("free ports need no remedy", () => {
    expect(ports.judge({ busy: [] }, debian).map(({ remedy }) => remedy)).toEqual([undefined, undefined]);
  });
});

describe("cgroup", () => {
  const v1 = "33 31 0:31 / /sys/fs/cgroup/cpu rw shared:9 - cgroup cgroup rw,cpu";
  const v2 = "41 31 0:38 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw";

  test.each([
    [v1, "v1"],
    [v2, "v2"],
    [`${v1}\n${v2}`, "hybrid"],
    ["31 23 0:28 / /sys/fs/cgroup rw - tmpfs cgroup rw", "none"],
    ["", "none"],
  ])("%j is %s", (mountinfo, hierarchy) => {
    expect(hierarchyOf(mountinfo)).toBe(hierarchy);
  });

  test("a v2 that this user cannot write is a warning", () => {
    expect(cgroup.judge({ mountinfo: v2, writable: false }, debian)).toMatchObject([
      { status: "warn", found: "v2, not writable" },
    ]);
    expect(cgroup.judge({ mountinfo: v2, writable: true }, debian)).toMatchObject([{ status: "ok", found: "v2" }]);
  });
});

describe("what is optional", () => {
  test("sshd's version is read out of the refusal of an old one", () => {
    const text = "unknown option -- V\nOpenSSH_9.2p1 Debian-2+deb12u3, OpenSSL 3.0.15\nusage: sshd";
    const checks = ssh.judge({ client: undefined, server: { path: "/usr/sbin/sshd", text } }, debian);
    expect(checks).toMatchObject([
      { id: "ssh.client", status: "missing" },
      { id: "ssh.server", status: "ok", found: "OpenSSH_9.2p1 /usr/sbin/sshd" },
    ]);
  });

  test("a service is there when all its programs are", () => {
    const some = optionalServices.judge({ paths: new Map([["mariadbd", "/usr/sbin/mariadbd"]]) }, debian);
    expect(row(some, "mariadb")).toMatchObject({
      status: "missing",
      found: "not found: mariadb-install-db",
      remedy: "apt-get install -y --no-install-recommends mariadb-server-core",
    });
  });

  test("a client without its engine is a warning, and nothing of containers is needed", () => {
    const checks = containers.judge(
      { docker: reply("", "Cannot connect to the Docker daemon", 1), podman: undefined, compose: reply("2.40.0\n") },
      debian,
    );
    expect(checks.map(({ status, needed }) => [status, needed])).toEqual([
      ["warn", false],
      ["missing", false],
      ["ok", false],
    ]);
  });
});
