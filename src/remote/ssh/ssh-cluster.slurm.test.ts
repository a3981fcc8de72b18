import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { startBareCluster } from "../../../test/bare-cluster.ts";
import { startSshd, type RealSshd } from "../../../test/real-sshd.ts";
import { openClient, signalAll, sshClientsOf } from "../../../test/ssh-client.ts";
import { assembleEngine } from "../../assemble-engine.ts";
import { createSlurmCluster } from "../../clusters/slurm/slurm-cluster.ts";
import { readConfig } from "../../config.ts";
import { describeCluster } from "../../jobs/cluster.contract.ts";

const execute = promisify(execFile);
const main = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const never = new AbortController().signal;
const searchPath = `SetEnv "PATH=${readConfig().path}"`;

describeCluster(
  "slurm over ssh",
  async () => {
    // A controller that forgets: jobs leave its memory while the tests run.
    const bare = await startBareCluster(["MinJobAge=2"]);
    const sshd = await startSshd(["MaxSessions 1", "AllowTcpForwarding no", searchPath]);
    const env = { SLURM_CONF: bare.slurmConf };
    const client = openClient(sshd.destination, { env });
    const { environment } = await client.channel.greeting({ what: "login", deadlineMs: 30_000, signal: never });
    const base = await mkdtemp(join(tmpdir(), "sluice it's $(x) %j "));
    const workDirectory = await mkdtemp(join(tmpdir(), "work it's "));
    const { runner } = client;
    const cluster = createSlurmCluster({ name: "far", base, runner, environment: { ...environment, ...env } });
    return {
      cluster,
      workDirectory,
      async forgetEnded({ nativeId }) {
        const argv = ["--noheader", "--states=all", `--jobs=${nativeId},999999`, "--Format=JobID"];
        const remembered = async (): Promise<string> =>
          (await execute("squeue", argv, { env: { ...readConfig().environment, ...env } })).stdout;
        const deadline = Date.now() + 40_000;
        while ((await remembered()) !== "") {
          if (Date.now() > deadline) throw new Error(`slurmctld still remembers job ${nativeId}`);
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      },
      async close() {
        await client[Symbol.asyncDispose]();
        await sshd.close();
        await bare.close();
        await Promise.all([base, workDirectory].map((folder) => rm(folder, { recursive: true, force: true })));
      },
    };
  },
  { pendingOptions: ["--hold"], forgets: true },
);

describe("sluice run on a cluster behind a login node", () => {
  let sshd: RealSshd;
  let here: string;
  let home: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "far-home-"));
    here = await mkdtemp(join(tmpdir(), "here-"));
    sshd = await startSshd([`SetEnv "HOME=${home}" "PATH=${readConfig().path}"`]);
    const { port, config_file } = sshd.destination;
    const ssh = `{host: 127.0.0.1, port: ${port}, config_file: ${config_file}}`;
    await writeFile(
      join(here, "sluice.yaml"),
      `clusters:\n  far: {kind: slurm, slurm_conf: ${inject("slurmConf")}, ssh: ${ssh}}\n` +
        `  away: {kind: slurm, ssh: {host: 127.0.0.1, port: 1}}\n`,
    );
  });
  afterAll(async () => {
    await sshd.close();
    await Promise.all([here, home].map((folder) => rm(folder, { recursive: true, force: true })));
  });

  async function sluice(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
    // Nothing of Slurm is known here: what is asked for is found there or not at all.
    const env = { ...readConfig().environment, SLURM_CONF: "/none", SLUICE_HOME: join(here, "registry") };
    const child = spawn(process.execPath, [main, "run", ...args], {
      cwd: here,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    return { code: Number(code), out, err };
  }

  test("the job runs there, in the home there, and its output, exit code and end come here", async () => {
    const script = '#!/bin/sh\n#SBATCH --comment="a b"\npwd\necho "$1" "$HOME"\necho err >&2\nexit 3\n';
    await writeFile(join(here, "job.sh"), script);
    const { code, out, err } = await sluice("--cluster", "far", "job.sh", "it's $(id)");
    expect(out).toBe(`${home}\nit's $(id) ${home}\n`);
    expect(err).toMatch(/job \d+ submitted to far\n/);
    expect(err).toContain("err\n");
    expect(err).toMatch(/ended FAILED with exit code 3/);
    expect(code).toBe(3);
    expect(await readdir(join(home, ".sluice", "jobs"))).toEqual([]);
    // What stays here is the store: the job's folder was there alone.
    expect((await readdir(join(here, "registry"))).filter((name) => !name.startsWith("jobs.db"))).toEqual([]);
    await expect.poll(() => sshClientsOf(sshd.port), { timeout: 5_000 }).toEqual([]);
  });

  test("the connection cut while the job runs: its output comes whole, and it ran once", async () => {
    const script = `echo run >>${home}/ran; for i in 1 2 3 4 5 6; do echo $i; sleep 0.5; done`;
    const running = sluice("--cluster", "far", "--", "sh", "-c", script);
    for (let cut = 0; cut < 2; cut++) {
      const started = async (): Promise<boolean> => (await readFile(join(home, "ran"), "utf8").catch(() => "")) !== "";
      await expect.poll(started, { timeout: 20_000, interval: 20 }).toBe(true);
      await expect.poll(() => sshClientsOf(sshd.port).length, { timeout: 10_000, interval: 20 }).toBe(1);
      signalAll(sshd.sessions(), "SIGKILL");
      await expect.poll(() => sshd.sessions(), { timeout: 5_000, interval: 20 }).toEqual([]);
    }
    const { code, out } = await running;
    expect(out).toBe("1\n2\n3\n4\n5\n6\n");
    expect(code).toBe(0);
    expect(await readFile(join(home, "ran"), "utf8")).toBe("run\n");
  });

  test("a login node that does not answer is told in words, and nothing is sent anywhere else", async () => {
    const { code, out, err } = await sluice("--cluster", "away", "--", "true");
    expect(out).toBe("");
    expect(err).toMatch(
      /error: away did not take the job \(127\.0\.0\.1 does not answer: .*Connection refused.*; it was not submitted \[CLUSTER_UNREACHABLE\]/,
    );
    expect(code).toBe(69);
  });
});

test("an engine that is disposed of ends its connections, and with them what runs on the login node", async () => {
  await using stack = new AsyncDisposableStack();
  const home = stack.adopt(await mkdtemp(join(tmpdir(), "far-engine-")), (folder) => rm(folder, { recursive: true }));
  const sshd = await startSshd([searchPath]);
  stack.defer(() => sshd.close());
  const { port, config_file } = sshd.destination;
  const ssh = `{host: 127.0.0.1, port: ${port}, config_file: ${config_file}}`;
  const settings = `{kind: slurm, folder: ${home}, slurm_conf: ${inject("slurmConf")}, ssh: ${ssh}}`;
  await writeFile(join(home, "sluice.yaml"), `clusters:\n  far: ${settings}\n`);
  const config = readConfig({ ...readConfig().environment, SLUICE_HOME: home });
  const engine = await assembleEngine(config, { cwd: home });
  engine.start();
  const up = async (): Promise<unknown> => (await engine.clusters()).map(({ status }) => status);
  await expect.poll(up, { timeout: 30_000, interval: 50 }).toEqual(["up"]);
  expect(sshd.sessions()).not.toEqual([]);
  await engine[Symbol.asyncDispose]();
  await expect.poll(() => sshd.sessions(), { timeout: 10_000, interval: 20 }).toEqual([]);
});
