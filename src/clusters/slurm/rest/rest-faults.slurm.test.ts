import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startBareCluster, type BareCluster } from "../../../../test/bare-cluster.ts";
import {
  openTokenDoor,
  startSlurmrestd,
  type Fate,
  type RealSlurmrestd,
  type TokenDoor,
} from "../../../../test/real-slurmrestd.ts";
import { readConfig } from "../../../config.ts";
import { SluiceError } from "../../../errors.ts";
import { followToEnd, requestOf } from "../../../jobs/cluster-fixture.contract.ts";
import type { Cluster, SubmitRequest } from "../../../jobs/cluster.ts";
import { createLocalRunner } from "../../../remote/local-runner.ts";
import { createRestClient } from "./rest-client.ts";
import { createRestCluster } from "./rest-cluster.ts";
import { createRestSession } from "./rest-session.ts";
import { createTokens } from "./rest-token.ts";

const execute = promisify(execFile);
const never = new AbortController().signal;

/** Of the form that slurmctld's have: the header, what is claimed, a signature. */
function tokenOf(claims: Readonly<Record<string, unknown>>): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}.c2lnbmF0dXJl`;
}

describe("a cluster behind slurmrestd", () => {
  let bare: BareCluster;
  let restd: RealSlurmrestd;
  let door: TokenDoor;
  let folder: string;
  let tokenFile: string;
  let environment: Record<string, string>;
  let cluster: Cluster;

  const open = (base = join(folder, "base")): Cluster => {
    const runner = createLocalRunner({ env: environment });
    return createRestCluster({
      name: "rest",
      base,
      environment,
      runner,
      session: createRestSession({
        client: createRestClient({ url: door.url }),
        tokens: createTokens({ file: tokenFile }, runner, Date.now),
      }),
    });
  };
  const ask = (script = "#!/bin/sh\n", rest: Partial<SubmitRequest> = {}): SubmitRequest =>
    requestOf(script, { workDirectory: folder, ...rest });
  const failureOf = async (work: Promise<unknown>): Promise<SluiceError> => {
    const error: unknown = await work.then(
      () => undefined,
      (caught: unknown) => caught,
    );
    if (error instanceof SluiceError) return error;
    throw new Error("this was to fail", { cause: error });
  };
  const jobFolders = (): Promise<string[]> => readdir(join(folder, "base", "jobs")).catch(() => []);
  const squeue = async (...args: readonly string[]): Promise<string> =>
    (await execute("squeue", ["--noheader", "--states=all", ...args], { env: environment })).stdout;

  beforeAll(async () => {
    bare = await startBareCluster();
    restd = await startSlurmrestd(bare.slurmConf);
    folder = await mkdtemp(join(tmpdir(), "rest-"));
    tokenFile = join(folder, "token");
    door = await openTokenDoor(restd.socket, tokenOf({ n: 1 }));
    environment = { ...readConfig().environment, SLURM_CONF: bare.slurmConf };
    await writeFile(tokenFile, `SLURM_JWT=${door.token}\n`, { mode: 0o600 });
    cluster = open();
  });
  afterEach(() => {
    door.rule = undefined;
  });
  afterAll(async () => {
    await door[Symbol.asyncDispose]();
    await restd[Symbol.asyncDispose]();
    await bare.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("a job goes by slurmrestd, and is known again in the queue", async () => {
    const posts: string[] = [];
    door.rule = ({ method, path }) => {
      if (method !== "GET") posts.push(`${method} ${path}`);
      return "pass";
    };
    const request = ask("#!/bin/sh\n#SBATCH --comment=mine\nsleep 100\n", { options: ["--ntasks=2", "--mem=100M"] });
    const job = await cluster.submit(request, never);
    const queue = await cluster.queue(never);
    expect(queue.find(({ nativeId }) => nativeId === job.nativeId)?.jobId).toBe(request.jobId);
    expect(await squeue(`--jobs=${job.nativeId}`, "--format=%k %C %m")).toBe("mine 2 100M\n");
    await cluster.cancel(job, never);
    expect(posts).toEqual(["POST /slurm/v0.0.38/job/submit", `DELETE /slurm/v0.0.38/job/${job.nativeId}`]);
    const { observations } = await followToEnd(cluster, job);
    expect(observations[0]).toMatchObject({ state: "cancelled", partition: "cpu", name: "job.sh" });
    await cluster.forget(job, never);
  });

  test("a job that slurmrestd cannot be told of goes by sbatch", async () => {
    let posts = 0;
    door.rule = ({ method }) => {
      if (method === "POST") posts += 1;
      return "pass";
    };
    const options = ["--contiguous", "--export=ALL"];
    const script = '#!/bin/sh\necho "$SLURM_JOB_NAME"\n';
    const { stdout, job } = await followToEnd(cluster, await cluster.submit(ask(script, { options }), never));
    expect([stdout.toString(), posts]).toEqual(["job.sh\n", 0]);
    await cluster.forget(job, never);
  });

  test("what the submitting host tells a job arrives, the same as from sbatch", async () => {
    const script = '#!/bin/sh\necho "$SLURM_SUBMIT_DIR $SLURM_SUBMIT_HOST $SLURM_NTASKS $HOME $(umask)"\n';
    const outputs = [];
    for (const extra of [[], ["--contiguous"]]) {
      const request = ask(script, { options: ["--ntasks=2", ...extra] });
      const { stdout, job } = await followToEnd(cluster, await cluster.submit(request, never));
      outputs.push(stdout.toString());
      await cluster.forget(job, never);
    }
    expect(outputs[0]).toBe(outputs[1]);
    expect(outputs[0]).toContain(`${folder} `);
  });

  test("a token that has expired is replaced by the one that its file has since", async () => {
    const [old, fresh] = [door.token, tokenOf({ n: 2 })];
    await cluster.observe(await cluster.submit(ask(), never), never);
    door.token = fresh;
    await writeFile(tokenFile, fresh, { mode: 0o600 });
    door.shown.length = 0;
    await cluster.submit(ask(), never);
    expect(door.shown).not.toContain(old);
    expect(door.shown).toContain(fresh);
  });

  test("a wrong token is told in words, without the token, and leaves nothing behind", async () => {
    const secret = tokenOf({ secret: "of nobody" });
    const good = door.token;
    await writeFile(tokenFile, secret, { mode: 0o600 });
    const before = await jobFolders();
    try {
      const request = ask();
      const error = await failureOf(cluster.submit(request, never));
      expect(error).toMatchObject({
        code: "CLUSTER_UNREACHABLE",
        details: { reason: "login-refused", hop: "slurmrestd" },
      });
      expect(error.message).toMatch(/refused POST .*HTTP 401.*scontrol token/);
      expect(JSON.stringify([error.message, error.details, error.stack])).not.toContain(secret);
      expect(await jobFolders()).toEqual(before);
      expect(await cluster.find(request.jobId, never)).toBeUndefined();
    } finally {
      await writeFile(tokenFile, good, { mode: 0o600 });
    }
  });

  test("a token of another user than that of the folders is refused before anything is sent", async () => {
    const good = door.token;
    door.token = tokenOf({ sun: "somebody-else" });
    await writeFile(tokenFile, door.token, { mode: 0o600 });
    try {
      const error = await failureOf(open().submit(ask(), never));
      expect(error).toMatchObject({ code: "CONFIG_INVALID", details: { rest: "somebody-else" } });
    } finally {
      door.token = good;
      await writeFile(tokenFile, good, { mode: 0o600 });
    }
  });

  test("a slurmrestd that is down is told with the hop, and nothing waits for what was never sent", async () => {
    const gone = createRestCluster({
      name: "rest",
      base: join(folder, "base"),
      environment,
      runner: createLocalRunner({ env: environment }),
      session: createRestSession({ client: createRestClient({ socket: restd.socket }) }),
    });
    await gone.observe(await gone.submit(ask(), never), never);
    await restd.kill();
    const request = ask();
    try {
      const error = await failureOf(gone.submit(request, never));
      expect(error).toMatchObject({ code: "CLUSTER_UNREACHABLE", details: { hop: "slurmrestd", reason: "refused" } });
      expect(error.message).toMatch(/does not answer POST .*is slurmrestd running\?/);
      expect(await gone.find(request.jobId, never)).toBeUndefined();
    } finally {
      await restd.start();
    }
    expect((await followToEnd(gone, await gone.submit(request, never))).observations[0]?.state).toBe("completed");
  });

  test("with slurmctld down a job is neither lost nor unknown", { timeout: 120_000 }, async () => {
    const job = await cluster.submit(ask("#!/bin/sh\nsleep 100\n"), never);
    await bare.stateSaved();
    await bare.kill("slurmctld");
    try {
      const [seen, submitted] = await Promise.all([
        failureOf(cluster.observe(job, never)),
        failureOf(cluster.submit(ask(), never)),
      ]);
      expect([seen.code, submitted.code]).toEqual(["CLUSTER_UNREACHABLE", "CLUSTER_UNREACHABLE"]);
      // A slurmctld that is about to die may take the request with it, so whether it had it is not for certain.
      expect(submitted.details).toMatchObject({ hop: "slurmctld" });
    } finally {
      await bare.restart("slurmctld");
    }
    const observed = async (): Promise<string | undefined> => (await cluster.observe(job, never))[0]?.state;
    await expect.poll(() => observed().catch(() => undefined), { timeout: 30_000 }).toBe("running");
    await cluster.cancel(job, never);
    // A slurmd does not end while it has to tell slurmctld, gone before it, of the end of a job.
    await followToEnd(cluster, job);
  });

  test("an answer that is lost costs no job and makes no second one", async () => {
    const request = ask("#!/bin/sh\necho once\n", { options: ["--hold"] });
    door.rule = ({ method }): Fate => (method === "POST" ? "lose-answer" : "pass");
    const error = await failureOf(cluster.submit(request, never));
    expect(error).toMatchObject({ code: "CLUSTER_UNREACHABLE", details: { mayHaveRun: true } });
    door.rule = undefined;
    const found = await open().find(request.jobId, never);
    expect(await cluster.submit(request, never)).toEqual(found);
    expect(found?.nativeId).toMatch(/^\d+$/);
    expect(await squeue("--format=%Z").then((text) => text.split(`${request.jobId}/posted\n`))).toHaveLength(2);
  });

  test("a request that never arrived is sent again, but not before nothing can come of it any more", async () => {
    const request = ask("#!/bin/sh\necho once\n");
    door.rule = ({ method }): Fate => (method === "POST" ? "lose" : "pass");
    await failureOf(cluster.submit(request, never));
    door.rule = undefined;
    const early = await failureOf(cluster.submit(request, never));
    expect(early).toMatchObject({ code: "CLUSTER_UNREACHABLE", message: expect.stringContaining("still under way") });
    await backdate(request.jobId);
    expect(await cluster.find(request.jobId, never)).toBeUndefined();
    const { stdout } = await followToEnd(cluster, await cluster.submit(request, never));
    expect(stdout.toString()).toBe("once\n");
  });

  test("a request that was held up for too long becomes a job that runs nothing", async () => {
    const ran = join(folder, "ran");
    const request = ask(`#!/bin/sh\necho "$SLURM_JOB_ID" >>${ran}\n`);
    let openGate: (fate: Fate) => void = () => {};
    const gate = new Promise<Fate>((resolve) => (openGate = resolve));
    door.rule = ({ method }) => (method === "POST" ? gate : "pass");
    const late = cluster.submit(request, never).catch(() => undefined);
    await expect.poll(() => readdir(markOf(request.jobId)).catch(() => [])).toHaveLength(1);
    await backdate(request.jobId);
    door.rule = undefined;
    const other = open();
    expect(await other.find(request.jobId, never)).toBeUndefined();
    const job = await other.submit(request, never);
    openGate("pass");
    await late;
    await followToEnd(other, job);
    await expect
      .poll(async () => (await squeue("--states=failed", "--format=%Z")).includes(request.jobId), { timeout: 20_000 })
      .toBe(true);
    expect(await readFile(ran, "utf8")).toBe(`${job.nativeId}\n`);
  });

  test("connections are few, are kept, and may be closed by the other side at any time", async () => {
    const idle = door.connections.open;
    door.connections.most = idle;
    const jobs = await cluster.submitAll(
      Array.from({ length: 60 }, () => ask("#!/bin/sh\n", { options: ["--hold"] })),
      never,
    );
    expect(jobs.filter((job) => "error" in job)).toEqual([]);
    expect(door.connections.most).toBeLessThanOrEqual(idle + 16);
    for (const job of jobs.slice(0, 5)) {
      if ("error" in job) continue;
      door.cut();
      expect(await cluster.observe(job, never)).toMatchObject([{ state: "held" }]);
    }
    await Promise.all(jobs.map((job) => ("error" in job ? Promise.resolve() : cluster.cancel(job, never))));
  });

  function markOf(jobId: string): string {
    return join(folder, "base", "jobs", jobId, "posted");
  }

  /** Makes a mark one of long ago. */
  async function backdate(jobId: string): Promise<void> {
    const longAgo = Date.now() / 1000 - 3600;
    await utimes(markOf(jobId), longAgo, longAgo);
  }
});
