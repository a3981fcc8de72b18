import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSshd } from "../../../test/real-sshd.ts";
import { readConfig } from "../../config.ts";
import { systemClock } from "../../jobs/clock.ts";
import { describeRunner } from "../../jobs/runner.contract.ts";
import { SshChannel } from "./channel.ts";
import { createSshRunner } from "./ssh-runner.ts";

const maxOutputBytes = 1024 * 1024;

describeRunner("ssh", async () => {
  const sshd = await startSshd();
  const folder = await mkdtemp(join(tmpdir(), "ssh-runner-"));
  const channel = new SshChannel({
    destination: sshd.destination,
    env: readConfig().environment,
    clock: systemClock,
    random: Math.random,
  });
  return {
    runner: createSshRunner({ channel, maxOutputBytes }),
    folder,
    maxOutputBytes,
    async close() {
      await channel[Symbol.asyncDispose]();
      await sshd.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
});
