import { expect, test } from "vitest";
import { writeSlurmdbdConf, type SlurmdbdPlan } from "./slurmdbd-conf.ts";

const plan: SlurmdbdPlan = {
  cluster: "full",
  hostname: "localhost",
  address: "127.0.0.1",
  port: 20_010,
  auth: { type: "munge", socket: "/srv/sluice/munge/socket" },
  slurmUser: "slurm",
  storage: { host: "localhost", user: "slurm", database: "slurm_acct_db" },
  logFile: "/srv/sluice/log/slurmdbd.log",
  pidFile: "/srv/sluice/run/slurmdbd.pid",
};

test("slurmdbd.conf over a socket is the golden one, for its owner alone", async () => {
  const file = writeSlurmdbdConf(plan);
  expect(file).toMatchObject({ path: "config/slurmdbd.conf", mode: 0o600 });
  await expect(file.text).toMatchFileSnapshot("fixtures/slurmdbd-socket.conf");
});

test("slurmdbd.conf over a port, with a password and no munge, is the golden one", async () => {
  const storage = { host: "127.0.0.1", port: 20_011, user: "slurm", password: "a#b c", database: "slurm_acct_db" };
  const { text } = writeSlurmdbdConf({ ...plan, auth: { type: "none" }, storage });
  await expect(text).toMatchFileSnapshot("fixtures/slurmdbd-port.conf");
});

test("a password that cannot be written is refused without being told", () => {
  const storage = { ...plan.storage, password: 'secret "word' };
  expect(() => writeSlurmdbdConf({ ...plan, storage })).toThrow(
    expect.objectContaining({
      code: "CONFIG_INVALID",
      message: expect.not.stringContaining("secret"),
      details: { field: "StoragePass" },
    }),
  );
});
