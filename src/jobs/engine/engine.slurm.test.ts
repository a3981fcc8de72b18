import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBareCluster, type BareCluster } from "../../../test/bare-cluster.ts";
import { createSlurmCluster } from "../../clusters/slurm/slurm-cluster.ts";
import { readConfig } from "../../config.ts";
import { createLocalRunner } from "../../remote/local-runner.ts";
import type { StoredEvent } from "../../schema/stored-event.ts";
import type { StoredJob } from "../../schema/stored-job.ts";
import { openStore } from "../../store/registry.ts";
import { systemClock } from "../clock.ts";
import type { Caller, Engine, JobRequest } from "../job-service.ts";
import type { JobStore } from "../store.ts";
import { createEngine } from "./engine.ts";

const execute = promisify(execFile);
const ada: Caller = { subject: "ada", role: "user" };
const bob: Caller = { subject: "bob", role: "user" };
const operator: Caller = { subject: "root", role: "operator" };
const signal = new AbortController().signal;
const patience = { timeout: 50_000, interval: 50 } as const;

let bare: BareCluster;
let folder: string;
let store: JobStore;
let engine: Engine;
let env: Readonly<Record<string, string | undefined>>;

function open(): Engine {
  const opened = createEngine({
    store,
    clock: systemClock,
    holder: crypto.randomUUID(),
    report: (error) => {
      throw error;
    },
    directory: {
      list: async () => [
        { name: "bare", kind: "slurm", identity: "1", budget: { burst: Infinity, perSecond: Infinity } },
      ],
      open: async () =>
        createSlurmCluster({ name: "bare", base: folder, runner: createLocalRunner({ env }), environment: env }),
      defaultName: async () => "bare",
    },
  });
  opened.start();
  return opened;
}

beforeAll(async () => {
  bare = await startBareCluster(["MinJobAge=2"]);
  folder = await mkdtemp(join(tmpdir(), "engine it's "));
  env = { ...readConfig().environment, SLURM_CONF: bare.slurmConf };
  store = await openStore({ url: join(folder, "jobs.db"), clock: systemClock });
  engine = open();
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
  await bare.close();
  await rm(folder, { recursive: true, force: true });
});

async function slurm(program: string, ...args: readonly string[]): Promise<string> {
  return (await execute(program, args, { env: { ...env } })).stdout;
}

async function submit(request: JobRequest, caller = ada): Promise<string> {
  const [answer] = await engine.submit([request], caller);
  if (answer === undefined) throw new Error("a request has no answer");
  if ("invalid" in answer) throw answer.invalid;
  if (answer.conflict !== undefined) throw answer.conflict;
  return answer.job.id;
}

async function reaches(id: string, state: StoredJob["state"]): Promise<StoredJob> {
  await expect.poll(async () => (await store.get(id))?.state, patience).toBe(state);
  const job = await store.get(id);
  if (job === undefined) throw new Error(`job ${id} is gone`);
  return job;
}

async function outputOf(
  id: string,
  rest: { task?: number; tailLines?: number; follow?: boolean } = {},
): Promise<string> {
  const chunks: Uint8Array[] = [];
  const request = { stream: "stdout", follow: false, ...rest } as const;
  for await (const { bytes } of engine.output(id, request, ada, signal)) chunks.push(bytes);
  return Buffer.concat(chunks).toString();
}

/** A job that goes on until a file appears. */
function until(name: string, then = ""): JobRequest {
  return {
    script: `#!/bin/sh\necho began\nuntil [ -e "$1" ]; do sleep 0.05; done\n${then}\n`,
    args: [join(folder, name)],
  };
}

const letGo = (name: string): Promise<void> => writeFile(join(folder, name), "");

describe("a job through the engine", { timeout: 60_000 }, () => {
  test("is accepted, submitted, run and ended, with an event for each, its output and its variables", async () => {
    const id = await submit({
      script: '#!/bin/sh\nprintf %s "$GREETING"\npwd >&2\nexit 3\n',
      environment: { GREETING: "it's\n$(id)" },
      labels: { project: "x" },
    });
    const job = await reaches(id, "failed");
    expect(job).toMatchObject({
      exit: { status: 3, signal: 0 },
      nativeId: expect.stringMatching(/^\d+$/),
      freshness: "fresh",
    });
    expect(await outputOf(id, { follow: true })).toBe("it's\n$(id)");
    expect(await readFile(join(job.directory ?? "", "stderr"), "utf8")).toBe(`${job.directory}\n`);
    const seen: StoredEvent["type"][] = [];
    const states: string[] = [];
    for await (const event of engine.events(0, { jobId: id }, ada, signal)) {
      if (!("type" in event)) throw new Error("events are missing");
      seen.push(event.type);
      if (event.type === "state") states.push(event.data.state);
      if (states.at(-1) === "failed") break;
    }
    expect(seen.slice(0, 3)).toEqual(["accepted", "state", "submitted"]);
    expect(states.slice(0, 2)).toEqual(["submitting", "pending"]);
  });

  test("keeps the words of its command as they are", async () => {
    const id = await submit({ command: ["printf", "%s|", "a b", "it's", "$(id)"], args: ["*", ""] });
    await reaches(id, "completed");
    expect(await outputOf(id)).toBe("a b|it's|$(id)|*||");
  });

  test("that sbatch refuses is rejected with its words; others of the batch are not", async () => {
    const answers = await engine.submit(
      [{ script: "#!/bin/sh\n", options: { mem: "900G" } }, { script: "no interpreter" }, { command: ["true"] }],
      ada,
    );
    expect(answers[1]).toMatchObject({ invalid: { code: "SCRIPT_INVALID" } });
    const [refused, , good] = answers.map((answer) => ("job" in answer ? answer.job?.id : undefined));
    expect((await reaches(refused ?? "", "rejected")).error?.message).toMatch(
      /Memory specification can not be satisfied/,
    );
    await reaches(good ?? "", "completed");
  });

  test("an array has tasks with states of their own, and ends as badly as the worst", async () => {
    const id = await submit({
      script: "#!/bin/sh\necho $SLURM_ARRAY_TASK_ID\nexit $SLURM_ARRAY_TASK_ID\n",
      options: { array: "0-2" },
    });
    const job = await reaches(id, "failed");
    expect(job).toMatchObject({ tasks: [0, 1, 2], exit: { status: expect.any(Number) } });
    const tasks = await engine.tasks(id, ada);
    expect(tasks.map(({ nativeId, state, exit }) => [nativeId, state, exit?.status])).toEqual([
      [`${job.nativeId}_0`, "completed", 0],
      [`${job.nativeId}_1`, "failed", 1],
      [`${job.nativeId}_2`, "failed", 2],
    ]);
    expect(await outputOf(id, { task: 2 })).toBe("2\n");
    await expect(outputOf(id)).rejects.toMatchObject({ code: "INPUT_INVALID" });
  });

  test("waits for a job of Sluice's, whose native id is put in; one that failed is told as such", async () => {
    const first = await submit({ ...until("dependency"), name: "first" });
    const second = await submit({
      command: ["true"],
      dependencies: { needs: "all", on: [{ condition: "afterok", jobId: first }] },
    });
    const waiting = await reaches(second, "pending");
    await expect.poll(async () => (await store.get(second))?.reason, patience).toBe("Dependency");
    const why = await engine.explain(second, ada, signal);
    expect(why.findings).toContainEqual({ what: expect.stringContaining(first), evidence: "afterok unfulfilled" });
    expect(await slurm("squeue", "-h", "-j", waiting.nativeId ?? "", "-o", "%E")).toContain(
      (await store.get(first))?.nativeId,
    );
    await letGo("dependency");
    await reaches(second, "completed");
    const failed = await submit({ command: ["false"] });
    await reaches(failed, "failed");
    const never = await submit({
      command: ["true"],
      dependencies: { needs: "all", on: [{ condition: "afterok", jobId: failed }] },
    });
    expect((await reaches(never, "rejected")).error?.message).toMatch(/can never be met/);
  });

  test("held, released, changed, signalled and cancelled, each twice, with the scheduler's own words where it refuses", async () => {
    const id = await submit({ ...until("nothing", ""), options: { hold: true, time: "10" } });
    await reaches(id, "held");
    expect((await engine.act(id, "hold", ada, signal)).state).toBe("held");
    expect((await engine.explain(id, ada, signal)).findings[0]).toMatchObject({
      evidence: "JobHeldUser",
      remedy: "release it",
    });
    await engine.change(id, { timeLimit: "5" }, ada, signal);
    const { nativeId = "" } = (await store.get(id)) ?? {};
    expect(await slurm("squeue", "-h", "-j", nativeId, "-o", "%l")).toBe("5:00\n");
    await engine.act(id, "release", ada, signal);
    await engine.act(id, "release", ada, signal);
    await reaches(id, "running");
    await engine.signalJob(id, "CONT", ada, signal);
    await engine.act(id, "cancel", ada, signal);
    await engine.act(id, "cancel", ada, signal);
    await reaches(id, "cancelled");
    await expect(engine.act(id, "hold", ada, signal)).rejects.toMatchObject({ code: expect.any(String) });
  });

  test("that was requeued begins anew, and counts it", async () => {
    const id = await submit({ ...until("requeue"), options: { requeue: true } });
    await reaches(id, "running");
    await engine.act(id, "requeue", ada, signal);
    await expect.poll(async () => (await store.get(id))?.restarts, patience).toBe(1);
    await letGo("requeue");
    expect(await reaches(id, "completed")).toMatchObject({ restarts: 1 });
  });

  test("its output is followed to the end, from any offset, and by its last lines", async () => {
    const id = await submit({
      script: '#!/bin/sh\nseq 1 5\nuntil [ -e "$1" ]; do sleep 0.05; done\nprintf last\n',
      args: [join(folder, "tail")],
    });
    await reaches(id, "running");
    const seen: string[] = [];
    for await (const { bytes } of engine.output(id, { stream: "stdout", follow: true, tailLines: 2 }, ada, signal)) {
      seen.push(Buffer.from(bytes).toString());
      await letGo("tail");
    }
    expect(seen.join("").replace(/^(?:[1-3]\n)*/, "")).toBe("4\n5\nlast");
    await reaches(id, "completed");
    expect(await outputOf(id, { tailLines: 2 })).toBe("5\nlast");
    const rest = [];
    for await (const piece of engine.output(id, { stream: "stdout", offset: 10, follow: false }, ada, signal))
      rest.push(piece);
    expect(rest).toMatchObject([{ offset: 10, bytes: Buffer.from("last") }]);
  });

  test("is nobody else's business, but an operator's", async () => {
    const id = await submit({ command: ["true"] });
    await expect(engine.get(id, bob)).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
    await expect(engine.act(id, "cancel", bob, signal)).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
    expect((await engine.get(id, operator)).owner).toBe("ada");
    await engine.submit([{ command: ["true"] }], bob);
    const theirs = await engine.list({ limit: 100, owner: "ada" }, bob);
    expect(theirs.jobs).toEqual([]);
  });

  test("the same key answers the same job, and another request under it is a conflict", async () => {
    const request = { command: ["true"], idempotencyKey: "k1", labels: { a: "1", b: "2" } };
    const id = await submit(request);
    expect(await submit({ ...request, labels: { b: "2", a: "1" } })).toBe(id);
    await expect(submit({ ...request, command: ["false"] })).rejects.toMatchObject({ code: "IDEMPOTENCY_CONFLICT" });
  });

  test("a dry run tells when and where, and a refusal in Slurm's words", async () => {
    const [when] = await engine.test({ command: ["true"] }, ada, signal);
    expect(when).toMatchObject({
      cluster: "bare",
      accepted: true,
      startAt: expect.stringMatching(/^\d{4}-/),
      nodes: expect.any(String),
    });
    const [refused] = await engine.test({ command: ["true"], options: { mem: "900G" } }, ada, signal);
    expect(refused).toMatchObject({
      accepted: false,
      message: expect.stringMatching(/Requested node configuration is not available/),
    });
  });

  test("the queue shows everyone's jobs, and which of them are Sluice's", async () => {
    const theirs = (await slurm("sbatch", "--parsable", "--hold", "--job-name=stranger", "--wrap=true")).trim();
    const id = await submit({ command: ["true"], options: { hold: true } });
    await reaches(id, "held");
    const row = async (nativeId: string | undefined): Promise<unknown> =>
      (await engine.queue({ cluster: "bare" }, bob)).find((one) => one.nativeId === nativeId);
    await expect.poll(() => row(theirs), patience).toMatchObject({ name: "stranger", state: "held" });
    expect(await row(theirs)).not.toHaveProperty("jobId");
    const { nativeId } = await engine.get(id, ada);
    await expect.poll(() => row(nativeId), patience).toMatchObject({ jobId: id, state: "held" });
    await slurm("scancel", theirs);
    await engine.act(id, "cancel", ada, signal);
  });
});
