import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore } from "../../store/registry.ts";
import { systemClock } from "../clock.ts";
import type { Caller, Engine, JobRequest } from "../job-service.ts";
import type { RunAs } from "../run-as.ts";
import type { JobStore } from "../store.ts";
import { createEngine } from "./engine.ts";

const environment = { FOO: "the caller's" };
const ada: Caller = { subject: "ada", role: "admin", isLocal: true, environment };

let folder: string;
let store: JobStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "caller-"));
  store = await openStore({ url: join(folder, "jobs.db"), clock: systemClock });
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** One that accepts jobs and does no more. */
function open(runAs: RunAs = {}): Engine {
  return createEngine({
    store,
    clock: systemClock,
    holder: crypto.randomUUID(),
    directory: {
      list: async () => [
        { name: "far", kind: "made-up", identity: "1", isRemote: true },
        { name: "here", kind: "made-up", identity: "1" },
      ],
      open: () => Promise.reject(new Error("no cluster is asked")),
      runAs: async () => runAs,
      defaultName: async () => "here",
    },
  });
}

async function accept(engine: Engine, caller: Caller, request: JobRequest = {}): Promise<string> {
  const [answer] = await engine.submit([{ command: ["true"], ...request }], caller);
  if (answer === undefined || !("job" in answer) || answer.job === undefined) throw new Error("not accepted");
  return answer.job.id;
}

test.for<{ title: string; caller: Caller; runAs?: RunAs; cluster?: string; kept: boolean }>([
  { title: "a caller on this machine", caller: ada, kept: true },
  { title: "one who is mapped to the same user", caller: ada, runAs: { user: "ada" }, kept: true },
  { title: "one who is mapped to another user", caller: ada, runAs: { user: "bob" }, kept: false },
  { title: "one whose job goes to another machine", caller: ada, cluster: "far", kept: false },
  { title: "a caller of a gateway", caller: { subject: "ada", role: "user" }, kept: false },
])("the environment of $title is kept with the job: $kept", async ({ caller, runAs, cluster = "here", kept }) => {
  await using engine = open(runAs);
  const submission = await store.submissionOf(await accept(engine, caller, { cluster }));
  expect(submission?.callerEnvironment).toEqual(kept ? environment : undefined);
});

test("a request is the same one from another environment, and has that of the first", async () => {
  await using engine = open();
  const request = { idempotencyKey: "once" };
  const id = await accept(engine, ada, request);
  expect(await accept(engine, { ...ada, environment: { FOO: "another's" } }, request)).toBe(id);
  expect((await store.submissionOf(id))?.callerEnvironment).toEqual(environment);
});

test("no answer and no event shows the environment", async () => {
  await using engine = open();
  const id = await accept(engine, ada);
  const page = await store.eventsAfter(0, { limit: 100 });
  const job = await engine.get(id, ada);
  expect(page.events).toMatchObject([{ jobId: id }]);
  expect(JSON.stringify([job, await engine.list({ limit: 10, sort: "accepted" }, ada), page])).not.toContain("FOO");
});
