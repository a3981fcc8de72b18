import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  realpath,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { assembleEngine, type AssembledEngine } from "../src/assemble-engine.ts";
import { readConfig, type Config } from "../src/config.ts";
import type { Caller, JobRequest } from "../src/jobs/job-service.ts";
import type { StoredJob } from "../src/schema/stored-job.ts";
import { startBareCluster, type BareCluster } from "./bare-cluster.ts";

const execute = promisify(execFile);
const signal = new AbortController().signal;
const patience = { timeout: 60_000, interval: 50 } as const;
const caller = (subject: string, role: Caller["role"] = "user"): Caller => ({ subject, role });
const [ada, bob, operator] = [caller("ada"), caller("bob"), caller("olga", "operator")];
/** Only root can be somebody else; these are in every passwd(5). */
const users = process.geteuid?.() === 0 ? ["root's"] : [];
const nobody = { uid: 65534, gid: 65534 } as const;
const daemon = { uid: 1, gid: 1 } as const;

let bare: BareCluster;
let folder: string;
let config: Config;
let engine: AssembledEngine;

/** The folder of a user's jobs. */
const baseOf = (user: string): string => join(folder, user);

async function settings(owners: string): Promise<void> {
  const file = join(folder, "sluice.yaml");
  await writeFile(
    `${file}.new`,
    `clusters:\n  bare: {kind: slurm, slurm_conf: ${bare.slurmConf}, folder: "${folder}/{owner}"}\nowners:\n${owners}`,
    { mode: 0o600 },
  );
  await rename(`${file}.new`, file);
}

const mapping = `  ada: {user: nobody, accounts: [physics, astro]}
  bob: {user: daemon}
  "*": {user: same, matching: "[a-z]+"}
`;

async function openEngine(): Promise<AssembledEngine> {
  const opened = await assembleEngine(config, { cwd: folder });
  opened.start();
  return opened;
}

beforeAll(async () => {
  bare = await startBareCluster();
  // Everybody may use the cluster.
  const cluster = dirname(dirname(bare.slurmConf));
  for (const path of [cluster, join(cluster, "config"), join(cluster, "munge")]) await chmod(path, 0o755);
  folder = await realpath(await mkdtemp(join(tmpdir(), "owners-")));
  await chmod(folder, 0o755);
  for (const [user, { uid, gid }] of [
    ["nobody", nobody],
    ["daemon", daemon],
  ] as const) {
    await mkdir(baseOf(user), { mode: 0o700 });
    await chown(baseOf(user), uid, gid).catch(() => {});
  }
  config = readConfig({ ...readConfig().environment, SLUICE_HOME: join(folder, "home"), SECRET: "hunter2" });
  await settings(mapping);
  engine = await openEngine();
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await bare.close();
  await rm(folder, { recursive: true, force: true });
});

async function submit(request: JobRequest, owner: Caller): Promise<string> {
  const [answer] = await engine.submit([request], owner);
  if (answer === undefined) throw new Error("a request has no answer");
  if ("invalid" in answer) throw answer.invalid;
  if (answer.conflict !== undefined) throw answer.conflict;
  return answer.job.id;
}

async function reaches(id: string, state: StoredJob["state"]): Promise<StoredJob> {
  await expect.poll(async () => (await engine.store.get(id))?.state, patience).toBe(state);
  const job = await engine.store.get(id);
  if (job === undefined) throw new Error(`job ${id} is gone`);
  return job;
}

async function outputOf(id: string, reader = operator): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const { bytes } of engine.output(id, { stream: "stdout", follow: true }, reader, signal)) {
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString();
}

const slurm = async (program: string, ...args: readonly string[]): Promise<string> =>
  (await execute(program, args, { env: { ...config.environment, SLURM_CONF: bare.slurmConf } })).stdout;

const whoAmI = "#!/bin/sh\nid -u; id -g; id -G; env\n";

describe.each(users)("on %s cluster", { timeout: 180_000 }, () => {
  test("each owner's job runs as the owner's user, in a folder of that user's own, and nothing of root's goes along", async () => {
    const idempotencyKey = "the same key";
    const [first, second] = [
      await submit({ script: whoAmI, idempotencyKey }, ada),
      await submit({ script: whoAmI, idempotencyKey }, bob),
    ];
    for (const [id, user, { uid, gid }] of [
      [first, "nobody", nobody],
      [second, "daemon", daemon],
    ] as const) {
      const job = await reaches(id, "completed");
      const output = await outputOf(id);
      expect(output.split("\n").slice(0, 3)).toEqual([String(uid), String(gid), String(gid)]);
      expect(output).toContain(`\nUSER=${user}\n`);
      expect(output).not.toContain("hunter2");
      expect(job).toMatchObject({ user, directory: join(baseOf(user), "jobs", id) });
      for (const name of await readdir(job.directory ?? "")) {
        expect(await lstat(join(job.directory ?? "", name))).toMatchObject({ uid, gid });
      }
    }
    expect(await readdir(folder)).not.toContain("root");
  });

  test("a mapped owner cannot be somebody else by option, script, argument, variable or folder", async () => {
    for (const request of [
      { command: ["id"], options: { uid: "root" } },
      { command: ["id"], options: { gid: "root" } },
      { script: "#!/bin/sh\n#SBATCH --uid=0\nid\n" },
    ]) {
      await expect(submit(request, bob)).rejects.toMatchObject({ code: "FORBIDDEN" });
    }
    const id = await submit(
      {
        script: whoAmI,
        args: ["--uid=0", "-A", "root"],
        environment: { USER: "root", SLURM_JOB_UID: "0", SBATCH_UID: "0", LD_PRELOAD: "/x", SLURM_CONF: "/dev/null" },
        workDirectory: "/",
        options: { getUserEnv: true },
      },
      bob,
    );
    await reaches(id, "completed");
    expect((await outputOf(id)).startsWith("1\n1\n1\n")).toBe(true);
    await chmod(join(folder, "home"), 0o700);
    const closed = await submit({ script: whoAmI, workDirectory: join(folder, "home") }, bob);
    expect((await reaches(closed, "rejected")).error?.message).toContain("cannot be entered");
  });

  test("accounts are the owner's own: the first where none is named, and none beside", async () => {
    const hold = { command: ["true"], options: { hold: true } };
    const id = await submit(hold, ada);
    const other = await submit({ ...hold, options: { hold: true, account: "astro" } }, ada);
    const accountOf = async (job: StoredJob): Promise<string> =>
      /Account=(\S+)/.exec(await slurm("scontrol", "show", "job", job.nativeId ?? ""))?.[1] ?? "";
    expect(await accountOf(await reaches(id, "held"))).toBe("physics");
    expect(await accountOf(await reaches(other, "held"))).toBe("astro");
    await expect(
      submit({ script: "#!/bin/sh\n#SBATCH -A chemistry\n#PBS -A root\ntrue\n" }, ada),
    ).rejects.toMatchObject({ code: "FORBIDDEN" });
    const foreign = await submit({ script: "#!/bin/sh\n#SBATCH -H\n#PBS -A chemistry\ntrue\n" }, ada);
    expect(await accountOf(await reaches(foreign, "held"))).toBe("physics");
    for (const one of [id, other, foreign]) await engine.act(one, "cancel", ada, signal);
    for (const one of [id, other, foreign]) await reaches(one, "cancelled");
  });

  test("links in a user's folder lead nobody to what is not the user's", async () => {
    const secret = join(folder, "secret");
    await writeFile(secret, "hunter2", { mode: 0o600 });
    // A script is called by its path, which is in the job's own folder.
    const script = `#!/bin/sh
dir=$(dirname "$0")
for name in stdout stderr cancel job.json id exit; do ln -sf ${secret} "$dir/$name"; done
until [ -e ${folder}/never ]; do sleep 0.05; done
`;
    const id = await submit({ script }, ada);
    const { directory = "" } = await reaches(id, "running");
    await expect
      .poll(async () => (await lstat(join(directory, "exit")).catch(() => undefined)) !== undefined)
      .toBe(true);
    await expect(outputOf(id)).rejects.toMatchObject({ message: expect.stringContaining("Permission denied") });
    await engine.act(id, "cancel", operator, signal);
    await reaches(id, "cancelled");
    expect(await lstat(join(directory, "cancel"))).toMatchObject(nobody);
    expect(await readFile(secret, "utf8")).toBe("hunter2");
    expect(await lstat(secret)).toMatchObject({ uid: 0, mode: 0o100600 });
  });

  test("content is kept in the owner's own folder, and what a job has left is the owner's to read", async () => {
    const secret = join(folder, "left-secret");
    await writeFile(secret, "hunter2", { mode: 0o644 });
    const bytes = Buffer.from("content");
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const path = await engine.keepFile("bare", { sha256, bytes }, ada, signal);
    expect(path).toBe(join(baseOf("nobody"), "files", sha256));
    expect(await lstat(path)).toMatchObject({ ...nobody, mode: 0o100600 });
    expect(await lstat(dirname(path))).toMatchObject({ ...nobody, mode: 0o040700 });
    expect(await engine.keptFile("bare", sha256, ada, signal)).toBe(path);
    expect(await engine.keptFile("bare", sha256, bob, signal)).toBeUndefined();
    const script = `#!/bin/sh\nmkdir "\${0%/*}/files" && cd "\${0%/*}/files" && cat "$1" >copy && ln -s ${secret} link\n`;
    const id = await submit({ script, args: [path] }, ada);
    await reaches(id, "completed");
    const left = await engine.jobFile(id, "copy", operator, signal);
    expect(await text(left?.pieces(signal) ?? Readable.from([]))).toBe("content");
    expect(await engine.jobFile(id, "link", ada, signal)).toBeUndefined();
  });

  test("arrays, control, settling and what a later process finds are the user's too", async () => {
    const id = await submit(
      { script: '#!/bin/sh\nid -u; echo "$SLURM_ARRAY_TASK_ID"\n', options: { array: "1-3" } },
      bob,
    );
    const held = await submit({ script: whoAmI, options: { hold: true } }, bob);
    await reaches(held, "held");
    await reaches(id, "completed");
    await engine[Symbol.asyncDispose]();
    await settings(mapping.replace("bob: {user: daemon}", "bob: {user: nobody}"));
    engine = await openEngine();
    await engine.act(held, "release", operator, signal);
    const job = await reaches(held, "completed");
    expect(job).toMatchObject({ user: "daemon" });
    expect((await outputOf(held)).startsWith("1\n")).toBe(true);
    const later = await submit({ script: whoAmI }, bob);
    await reaches(later, "completed");
    expect((await outputOf(later)).startsWith("65534\n")).toBe(true);
    await settings(mapping);
  });

  test("who is not mapped, or to somebody whom nobody may be, cannot submit and is told why", async () => {
    for (const [subject, why] of [
      ["mallory@example.org", /is mapped to no Unix user on cluster "bare"; add "mallory@example.org": \{user: NAME\}/],
      ["root", /is mapped to no Unix user/],
      ["ghostly", /there is no Unix user ghostly on this host/],
      ["games", /is a user of the system, with uid \d+, and takes an entry of its own/],
    ] as const) {
      for (const role of ["user", "admin"] as const) {
        await expect(submit({ command: ["id"] }, caller(subject, role))).rejects.toMatchObject({
          code: "FORBIDDEN",
          message: expect.stringMatching(why),
        });
      }
      await expect(engine.test({ cluster: "bare", command: ["id"] }, caller(subject), signal)).rejects.toMatchObject({
        code: "FORBIDDEN",
      });
    }
    await expect(submit({ command: ["id"] }, { ...caller("root", "admin"), isLocal: true })).rejects.toMatchObject({
      code: "FORBIDDEN",
    });
    await settings(`${mapping}  root: {user: root}\n`);
    const id = await submit({ script: whoAmI }, { ...caller("root", "admin"), isLocal: true });
    expect(await reaches(id, "completed")).toMatchObject({ user: "root" });
    expect((await outputOf(id)).startsWith("0\n")).toBe(true);
    await settings(mapping);
  });

  test("a dry run is one of the user's", async () => {
    const [answer] = await engine.test({ cluster: "bare", command: ["id"], workDirectory: "/" }, bob, signal);
    expect(answer).toMatchObject({ accepted: true });
    const closed = join(folder, "home");
    const [refusal] = await engine.test({ cluster: "bare", command: ["id"], workDirectory: closed }, bob, signal);
    expect(refusal).toMatchObject({ accepted: false });
  });

  test("a folder that another could put scripts into takes no job", async () => {
    const trap = join(folder, "trap");
    await mkdir(trap);
    await chmod(trap, 0o1777);
    await rename(baseOf("daemon"), join(folder, "aside"));
    await symlink(trap, baseOf("daemon"));
    const fresh = await openEngineOf("other.db");
    try {
      const [answer] = await fresh.submit([{ command: ["id"] }], bob);
      const id = answer !== undefined && "job" in answer ? (answer.job?.id ?? "") : "";
      await expect
        .poll(async () => (await fresh.clusters())[0]?.message, patience)
        .toMatch(/^jobs cannot be run as daemon from the folder .*: .*trap/);
      expect((await fresh.store.get(id))?.state).toBe("submitting");
      expect(await readdir(trap)).toEqual([]);
    } finally {
      await fresh[Symbol.asyncDispose]();
      await rm(baseOf("daemon"));
      await rename(join(folder, "aside"), baseOf("daemon"));
    }
  });
});

/** A gateway of its own, with a store of its own. */
async function openEngineOf(store: string): Promise<AssembledEngine> {
  const opened = await assembleEngine({ ...config, store: join(folder, store) }, { cwd: folder });
  opened.start();
  return opened;
}
