import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SluiceError } from "../../errors.ts";
import { openStore } from "../../store/registry.ts";
import { systemClock } from "../clock.ts";
import type { Cluster } from "../cluster.ts";
import type { Caller, Engine } from "../job-service.ts";
import type { RunAs } from "../run-as.ts";
import type { JobStore } from "../store.ts";
import { unasked } from "../unasked-cluster.contract.ts";
import { createEngine } from "./engine.ts";

const ada: Caller = { subject: "ada", role: "user" };
const bob: Caller = { subject: "bob", role: "user" };
const operator: Caller = { subject: "olga", role: "operator" };
const signal = new AbortController().signal;
const patience = { timeout: 10_000, interval: 10 } as const;

let folder: string;
let store: JobStore;
/** As whom the jobs of a subject run; those that are not there may not submit. */
let mapped: Map<string, RunAs>;
/** What each Unix user was asked for; `-` is Sluice itself. */
let asked: string[];
let broken: Set<string>;
/** Users whose submissions are answered only when this resolves. */
let hanging: Map<string, Promise<void>>;
let queued: Awaited<ReturnType<Cluster["queue"]>>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "users-"));
  store = await openStore({ url: join(folder, "jobs.db"), clock: systemClock });
  mapped = new Map([
    ["ada", { user: "uada" }],
    ["bob", { user: "ubob", accounts: ["physics"] }],
  ]);
  asked = [];
  broken = new Set();
  hanging = new Map();
  queued = [];
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function clusterAs(user: string): Cluster {
  const note = (what: string): void => void asked.push(`${user} ${what}`);
  return {
    ...unasked,
    kind: "made-up",
    name: "made-up",
    capabilities: new Set(),
    async submitAll(requests) {
      await hanging.get(user);
      return requests.map(({ jobId, options }) => {
        note(`submits ${options.join(" ")}`.trim());
        return { jobId, nativeId: String(asked.length), directory: `/${user}/${jobId}` };
      });
    },
    async find() {
      note("finds");
      return undefined;
    },
    queue: async () => {
      if (user !== "-") note("reads the queue");
      return queued;
    },
    settle: async (jobs) => {
      note("settles");
      const end = { state: "completed", rawState: "", exit: { status: 0, signal: 0 } } as const;
      return new Map(jobs.map(({ jobId, nativeId }) => [jobId, { known: [{ nativeId, ...end }] }]));
    },
    control: async (_, verb) => note(verb),
    cancel: async () => note("cancels"),
    budget: async () => undefined,
    outputs: async (_, [first]) => [{ stream: "stdout", path: "/out", nativeId: first?.nativeId ?? "" }],
    readOutput: async () => {
      note("reads");
      return { bytes: Buffer.alloc(0), size: 0 };
    },
    keepFile: async ({ sha256 }) => {
      note("keeps");
      return `/${user}/${sha256}`;
    },
    keptFile: async (sha256) => `/${user}/${sha256}`,
    readJobFile: async () => {
      note("reads a file");
      return { bytes: Buffer.from("left"), size: 4 };
    },
    test: async () => {
      note("tests");
      return { accepted: true, message: "" };
    },
  };
}

function open(): Engine {
  return createEngine({
    store,
    clock: systemClock,
    holder: crypto.randomUUID(),
    report: (error) => {
      throw error;
    },
    directory: {
      list: async () => [
        { name: "made-up", kind: "made-up", identity: "1", budget: { burst: Infinity, perSecond: Infinity } },
      ],
      async open(_, user) {
        if (user !== undefined && broken.has(user))
          throw new SluiceError("CLUSTER_UNREACHABLE", `${user} is not let in`);
        return clusterAs(user ?? "-");
      },
      defaultName: async () => "made-up",
      async runAs(_, { subject }) {
        const runAs = mapped.get(subject);
        if (runAs === undefined) throw new SluiceError("FORBIDDEN", `${subject} is nobody here`);
        return runAs;
      },
    },
  });
}

async function submit(engine: Engine, caller: Caller): Promise<string> {
  const [answer] = await engine.submit([{ command: ["true"] }], caller);
  if (answer === undefined) throw new Error("a request has no answer");
  if ("invalid" in answer) throw answer.invalid;
  if (answer.conflict !== undefined) throw answer.conflict;
  return answer.job.id;
}

const state = async (id: string): Promise<string | undefined> => (await store.get(id))?.state;

/** Shows jobs in the queue. */
async function show(...ids: readonly string[]): Promise<void> {
  const jobs = await store.getAll(ids);
  queued = jobs.map(({ id, nativeId = "" }) => ({
    jobId: id,
    nativeId,
    jobNativeId: nativeId,
    user: "x",
    state: "running",
    rawState: "RUNNING",
  }));
}

test("each job is submitted, settled, read and acted on as its owner's user, whoever asks; the queue is read once", async () => {
  await using engine = open();
  const ids = [await submit(engine, ada), await submit(engine, bob)];
  expect((await store.getAll(ids)).map(({ user }) => user)).toEqual(["uada", "ubob"]);
  engine.start();
  for (const id of ids) await expect.poll(() => state(id), patience).toMatch(/pending|completed/);
  expect(asked.filter((one) => one.includes("submits")).toSorted()).toEqual([
    "uada submits",
    "ubob submits --account=physics",
  ]);
  await show(...ids);
  for (const id of ids) {
    await expect.poll(() => state(id), patience).toMatch(/running|completed/);
    await engine.act(id, "hold", operator, signal);
    await engine.act(id, "cancel", operator, signal);
    for await (const _ of engine.output(id, { stream: "stdout", follow: false }, operator, signal)) break;
  }
  queued = [];
  for (const id of ids) await expect.poll(() => state(id), patience).toBe("completed");
  for (const what of ["hold", "cancels", "reads", "settles"]) {
    for (const user of ["uada", "ubob"]) expect(asked).toContain(`${user} ${what}`);
  }
  expect(asked.filter((one) => one.startsWith("-") || one.endsWith("the queue"))).toEqual([]);
});

test("content is kept, and a job's files are read, as the owner's user, by those who may", async () => {
  await using engine = open();
  engine.start();
  const file = { sha256: "abc", bytes: Buffer.from("content") };
  expect(await engine.keepFile("made-up", file, ada, signal)).toBe("/uada/abc");
  expect(await engine.keptFile("made-up", "abc", bob, signal)).toBe("/ubob/abc");
  const nobody: Caller = { subject: "eve", role: "user" };
  await expect(engine.keepFile("made-up", file, nobody, signal)).rejects.toMatchObject({ code: "FORBIDDEN" });
  await expect(engine.keepFile("other", file, ada, signal)).rejects.toMatchObject({ code: "CLUSTER_NOT_FOUND" });
  expect(asked.filter((one) => one.endsWith("keeps"))).toEqual(["uada keeps"]);
  const id = await submit(engine, ada);
  await expect.poll(() => state(id), patience).toBe("completed");
  for (const reader of [ada, operator]) {
    const left = await engine.jobFile(id, "result.json", reader, signal);
    expect(left?.size).toBe(4);
    expect(await text(left?.pieces(signal) ?? Readable.from([]))).toBe("left");
  }
  await expect(engine.jobFile(id, "result.json", bob, signal)).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
  expect(asked.filter((one) => one.endsWith("reads a file"))).toEqual(["uada reads a file", "uada reads a file"]);
});

test("a job stays with the user that it was accepted for, though its owner is mapped to another later", async () => {
  await using engine = open();
  const id = await submit(engine, ada);
  mapped.set("ada", { user: "mallory" });
  engine.start();
  await expect.poll(() => asked, patience).toContain("uada submits");
  const later = await submit(engine, ada);
  await expect.poll(() => asked, patience).toContain("mallory submits");
  expect((await store.getAll([id, later])).map(({ user }) => user)).toEqual(["uada", "mallory"]);
});

test("an owner who is not mapped cannot submit or ask whether one could, and can still read", async () => {
  await using engine = open();
  engine.start();
  const id = await submit(engine, ada);
  mapped.delete("ada");
  await expect(submit(engine, ada)).rejects.toMatchObject({ code: "FORBIDDEN", message: "ada is nobody here" });
  const request = { command: ["true"] };
  await expect(engine.test({ ...request, cluster: "made-up" }, ada, signal)).rejects.toMatchObject({
    code: "FORBIDDEN",
  });
  expect(await engine.test(request, ada, signal)).toEqual([
    { cluster: "made-up", accepted: false, message: "ada is nobody here" },
  ]);
  expect(await engine.test(request, bob, signal)).toMatchObject([{ accepted: true }]);
  expect(asked.filter((one) => one.endsWith("tests"))).toEqual(["ubob tests"]);
  expect(await engine.get(id, ada)).toMatchObject({ owner: "ada", user: "uada" });
});

test("a user whom the cluster does not let in holds up nobody else's jobs", async () => {
  broken.add("uada");
  await using engine = open();
  const stuck = [await submit(engine, ada), await submit(engine, ada)];
  engine.start();
  await expect.poll(async () => (await engine.clusters())[0]?.message, patience).toBe("uada is not let in");
  for (let round = 0; round < 3; round += 1) {
    const id = await submit(engine, bob);
    await expect.poll(() => state(id), patience).toMatch(/pending|completed/);
  }
  expect(await Promise.all(stuck.map(state))).toEqual(["submitting", "submitting"]);
  broken.clear();
  for (const id of stuck) await expect.poll(() => state(id), patience).toMatch(/pending|completed/);
  expect(asked.filter((one) => one === "uada submits")).toHaveLength(2);
});

test("a user whose files hang holds up nobody else's jobs, nor gets a second submission meanwhile", async () => {
  let letGo = (): void => {};
  hanging.set("uada", new Promise((resolve) => (letGo = resolve)));
  await using engine = open();
  const first = await submit(engine, ada);
  engine.start();
  await expect.poll(() => state(first), patience).toBe("submitting");
  const second = await submit(engine, ada);
  for (let round = 0; round < 3; round += 1) {
    const id = await submit(engine, bob);
    await expect.poll(() => state(id), patience).toMatch(/pending|completed/);
  }
  expect([await state(first), await state(second)]).toEqual(["submitting", "accepted"]);
  letGo();
  for (const id of [first, second]) await expect.poll(() => state(id), patience).toMatch(/pending|completed/);
  expect(asked.filter((one) => one === "uada submits")).toHaveLength(2);
});

test("a job in the queue that only claims to be another's is not taken for it", async () => {
  await using engine = open();
  const id = await submit(engine, ada);
  engine.start();
  await expect.poll(() => state(id), patience).toBe("completed");
  await show(id);
  queued = queued.map((row) => ({ ...row, nativeId: "666", jobNativeId: "666", restarts: 3 }));
  const other = await submit(engine, bob);
  await expect.poll(() => state(other), patience).toBe("completed");
  expect(await state(id)).toBe("completed");
  expect((await engine.explain(id, ada, signal)).findings.map(({ evidence }) => evidence).join()).not.toContain("666");
});
