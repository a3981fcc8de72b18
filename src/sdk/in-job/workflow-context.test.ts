import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Client } from "../../client/client.ts";
import { findOption } from "../../slurm/batch/option-table.ts";
import { ClientBackend } from "../client-backend.ts";
import { Cluster } from "../cluster.ts";
import { renderTaskScript } from "../script/render-task-script.ts";
import { encodeResult } from "../values/encode-result.ts";
import { readJobContext } from "./job-context.ts";
import { childKeys } from "./open-workflow-cluster.ts";
import { createWorkflowContext, type WorkflowContext } from "./workflow-context.ts";

let folder: string;
let context: WorkflowContext;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "workflow-"));
  const backend = new ClientBackend({ description: "none", open: () => Promise.reject(new Error("none")) });
  const place = { folder, sharedFolder: join(folder, "shared"), task: undefined, hostname: "n1", now: new Date() };
  const job = readJobContext({ SLURM_JOB_ID: "9" }, { ...place, signal: () => new AbortController().signal });
  context = createWorkflowContext(new Cluster(backend), job, { SLURM_CLUSTER_NAME: "process" });
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A child as it lies there when it has ended. */
async function child(id: string, task: string, values: Readonly<Record<string, unknown>>): Promise<string> {
  const directory = join(context.tasksDir, id);
  await mkdir(join(directory, "files"), { recursive: true });
  const script = renderTaskScript({
    header: { version: 1, task: `src/x.ts#${task}`, kind: "task", name: task },
    options: [{ option: findOption("job-name"), value: task }],
    calls: ['{"args":[]}'],
    code: {
      packaging: "bundle",
      entry: "/f/1",
      sha256: "1",
      runtime: { kind: "path", oldest: "22.18", path: "/node" },
    },
  });
  await writeFile(join(directory, "user-script"), script);
  for (const [name, value] of Object.entries(values)) {
    const { json } = encodeResult(value, { fileName: String });
    const facts = '"version":1,"status":"ok","attempt":1,"host":"n1","startedAt":"","endedAt":""';
    await writeFile(join(directory, "files", name), `{${facts},"value":${json}}`);
  }
  return directory;
}

describe("what a workflow knows of its children", () => {
  test("their runs, the newest first, by id or name, and the newest value", async () => {
    await child("01A", "train", { "result.json": 1 });
    const second = await child("01B", "train", { "result.json": new Map([["loss", 2n]]) });
    await child("01C", "train", {});
    await child("01D", "other", { "result.0.json": "a", "result.10.json": "c", "result.2.json": "b" });
    expect(context.taskRuns("train").map(({ id }) => id)).toEqual(["01C", "01B", "01A"]);
    expect(context.taskRuns("src/x.ts#other")).toMatchObject([{ id: "01D", name: "other" }]);
    expect(context.taskRuns({ definition: { id: "src/x.ts#train" } })).toHaveLength(3);
    expect(await context.latestTaskResult("train")).toEqual(new Map([["loss", 2n]]));
    expect(await context.latestTaskResult("other")).toEqual(["a", "b", "c"]);
    expect(await context.loadWorkflowResult(second)).toEqual(new Map([["loss", 2n]]));
    expect(await context.loadWorkflowResult(join(second, "files", "result.json"))).toEqual(new Map([["loss", 2n]]));
    await expect(context.latestTaskResult("nobody")).rejects.toMatchObject({ code: "RESULT_MISSING" });
    await expect(context.loadWorkflowResult("nowhere")).rejects.toMatchObject({ code: "RESULT_MISSING" });
  });

  test("its own places", async () => {
    expect(context).toMatchObject({ workflowJobId: "9", workflowJobDir: folder, localMode: true });
    expect(context.taskOutputDir("train")).toBe(join(folder, "tasks", "train"));
    expect(() => context.taskOutputDir("../x")).toThrow(/becomes a folder/);
  });
});

test("a request has the same key in each run, in whatever order, and equal ones are told apart", () => {
  const body = (script: string): Parameters<Client["submit"]>[0] => ({ script, name: "x" });
  const [first, again] = [childKeys(), childKeys()];
  const keys = ["a", "b", "a"].map((script) => first(body(script)));
  expect(new Set(keys).size).toBe(3);
  expect(new Set(["a", "a", "b"].map((script) => again(body(script))))).toEqual(new Set(keys));
  expect(childKeys()({ name: "x", script: "a" })).toBe(keys[0]);
});
