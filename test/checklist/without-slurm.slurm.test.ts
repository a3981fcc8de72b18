import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createCluster } from "../../src/launcher/create.ts";
import { specFromOptions } from "../../src/launcher/create-options.ts";
import { createNativeDriver } from "../../src/launcher/drivers/native/native-driver.ts";
import { identify, isRunning, sendSignal } from "../../src/launcher/drivers/native/processes.ts";
import { findPrograms, type ProgramName } from "../../src/launcher/drivers/native/programs.ts";
import { openRecords } from "../../src/launcher/records.ts";
import { registry } from "../../src/registry.ts";
import { createLocalRunner } from "../../src/remote/local-runner.ts";

describe("a machine without Slurm", () => {
  const wanted = [
    "slurmctld",
    "slurmd",
    "scontrol",
    "munged",
    "ssh",
    "ssh-keygen",
    "sshd",
  ] as const satisfies ProgramName[];

  test.each([
    [
      "slurmctld",
      "slurmctld is not installed, and a native test cluster needs it; on Debian and Ubuntu: apt-get install slurmctld",
    ],
    [
      "slurmd",
      "slurmd is not installed, and a native test cluster needs it; on Debian and Ubuntu: apt-get install slurmd",
    ],
    [
      "scontrol",
      "scontrol is not installed, and a native test cluster needs it; on Debian and Ubuntu: apt-get install slurm-client",
    ],
  ])("is told that %s is missing and what to install, and nothing is made", async (missing, message) => {
    const folder = await mkdtemp(join(tmpdir(), "without-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const installed = findPrograms(process.env["PATH"] ?? "");
    await mkdir(join(folder, "bin"));
    for (const name of wanted.filter((program) => program !== missing)) {
      await symlink(installed.need(name, "this test"), join(folder, "bin", name));
    }
    const home = join(folder, "home");
    const { uid, username: user } = userInfo();
    const programs = findPrograms(join(folder, "bin"), []);
    const runner = createLocalRunner({ env: {} });
    const driver = createNativeDriver({ user, uid, programs, runner });
    const deps = {
      records: openRecords(home),
      drivers: registry("driver", [driver]),
      stateDirectory: home,
      now: () => new Date(),
      processes: { identify, isRunning, kill: sendSignalKill },
      watchOwner: () => {
        throw new Error("nobody owns this cluster");
      },
      holdUsers: () => {
        throw new Error("nobody shares this cluster");
      },
    };
    const request = {
      spec: specFromOptions({ name: "dev" }),
      wishes: { services: new Set<never>() },
      driver: "auto",
      outputDirectory: join(folder, "out"),
      start: true,
      wait: true,
      rollback: true,
      signal: new AbortController().signal,
      timeoutMs: 10_000,
      progress: () => {},
    } as const;
    await expect(createCluster(deps, request)).rejects.toMatchObject({ code: "SLURM_MISSING", message });
    await expect(readFile(join(folder, "out"))).rejects.toMatchObject({ code: "ENOENT" });
    await expect(readFile(home)).rejects.toMatchObject({ code: "ENOENT" });
  });

  function sendSignalKill(id: Parameters<typeof isRunning>[0]): void {
    sendSignal(id, "SIGKILL");
  }
});
