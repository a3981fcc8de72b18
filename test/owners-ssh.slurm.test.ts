import { chmod, chown, mkdir, mkdtemp, readFile, readdir, realpath, rm, lstat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { assembleEngine, type AssembledEngine } from "../src/assemble-engine.ts";
import { readConfig } from "../src/config.ts";
import type { Caller } from "../src/jobs/job-service.ts";
import type { StoredJob } from "../src/schema/stored-job.ts";
import { startBareCluster, type BareCluster } from "./bare-cluster.ts";
import { startSshd, type RealSshd } from "./real-sshd.ts";

const signal = new AbortController().signal;
const patience = { timeout: 60_000, interval: 50 } as const;
const caller = (subject: string): Caller => ({ subject, role: "user" });
/** Only root's sshd lets others in than its own user; these are in every passwd(5). */
const people =
  process.geteuid?.() === 0
    ? ([
        ["ada", "nobody", 65534],
        ["bob", "daemon", 1],
      ] as const)
    : [];

let bare: BareCluster;
let sshd: RealSshd;
let folder: string;
let engine: AssembledEngine;

beforeAll(async () => {
  bare = await startBareCluster();
  const cluster = dirname(dirname(bare.slurmConf));
  for (const path of [cluster, join(cluster, "config"), join(cluster, "munge")]) await chmod(path, 0o755);
  folder = await realpath(await mkdtemp(join(tmpdir(), "owners-ssh-")));
  await chmod(folder, 0o755);
  const homes = new Map<string, string>();
  for (const [, user, uid] of people) {
    const home = join(folder, user);
    await mkdir(home, { mode: 0o700 });
    await chown(home, uid, uid);
    homes.set(user, home);
  }
  const passwd = join(folder, "passwd");
  const lines = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => {
    const [name = "", ...rest] = line.split(":");
    const home = homes.get(name);
    return home === undefined ? line : [name, ...rest.slice(0, 4), home, "/bin/sh"].join(":");
  });
  await writeFile(passwd, lines.join("\n"));
  sshd = await startSshd([], people.length > 0 ? { passwd } : {});
  const { destination } = sshd;
  await writeFile(
    join(folder, "sluice.yaml"),
    stringify({
      clusters: {
        far: {
          kind: "slurm",
          slurm_conf: bare.slurmConf,
          ssh: { ...destination, user: "{owner}" },
          folder: "~/of-{owner}",
        },
      },
      owners: {
        ada: { user: "nobody" },
        bob: { user: "daemon", account: "physics" },
        eve: { user: "locked-out" },
      },
    }),
    { mode: 0o600 },
  );
  const config = readConfig({ ...readConfig().environment, SLUICE_HOME: join(folder, "home") });
  engine = await assembleEngine(config, { cwd: folder });
  engine.start();
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await sshd.close();
  await bare.close();
  await rm(folder, { recursive: true, force: true });
});

async function submit(subject: string): Promise<string> {
  const script = "#!/bin/sh\nid -u; echo $SLURM_JOB_ACCOUNT; pwd\n";
  const [answer] = await engine.submit([{ script }], caller(subject));
  if (answer === undefined) throw new Error("a request has no answer");
  if ("invalid" in answer) throw answer.invalid;
  if (answer.conflict !== undefined) throw answer.conflict;
  return answer.job.id;
}

async function completes(id: string): Promise<StoredJob> {
  await expect.poll(async () => (await engine.store.get(id))?.state, patience).toBe("completed");
  const job = await engine.store.get(id);
  if (job === undefined) throw new Error(`job ${id} is gone`);
  return job;
}

describe.each(people)("over ssh, %s", { timeout: 120_000 }, (subject, user, uid) => {
  test(`logs in as ${user}: the job, its folder and its files are that user's`, async () => {
    const stuck = await submit("eve");
    const id = await submit(subject);
    const job = await completes(id);
    const home = join(folder, user);
    expect(job).toMatchObject({ user, directory: join(home, `of-${user}`, "jobs", id) });
    const chunks: Uint8Array[] = [];
    for await (const { bytes } of engine.output(id, { stream: "stdout", follow: true }, caller(subject), signal)) {
      chunks.push(bytes);
    }
    expect(Buffer.concat(chunks).toString()).toBe(`${uid}\n${subject === "bob" ? "physics" : ""}\n${home}\n`);
    for (const name of await readdir(job.directory ?? "")) {
      expect(await lstat(join(job.directory ?? "", name))).toMatchObject({ uid });
    }
    // One who cannot log in waits, and holds up nobody.
    expect((await engine.store.get(stuck))?.state).toMatch(/^(?:accepted|submitting)$/);
    expect((await engine.clusters())[0]).toMatchObject({ status: "up" });
  });
});

test("who is not mapped is not let in by the login of the gateway", async () => {
  await expect(submit("mallory")).rejects.toMatchObject({ code: "FORBIDDEN" });
});
