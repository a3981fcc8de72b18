import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { startServing } from "../../test/serving.ts";
import { readConfig } from "../config.ts";
import { mockCluster } from "../testing/mock-cluster.ts";
import { LocalBackend } from "../testing/local-backend.ts";
import {
  Cluster,
  DependencyNeverError,
  JobCancelledError,
  JobFailedError,
  task,
  TaskError,
  workflow,
} from "./index.ts";

const patience = { timeout: "90s" } as const;

const add = task({ name: "add", time: "5m" }, (a: number, b: number) => a + b);
const total = task({ name: "total" }, (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0));
const fail = task({ name: "fail" }, (message: string) => {
  throw Object.assign(new RangeError(message, { cause: new Error("the disk") }), { code: "E_FAR" });
});
const sleep = task({ name: "sleep", time: "5m" }, async (ms: number) => {
  await new Promise((resolve) => void setTimeout(resolve, ms));
  return ms;
});
const mark = task({ name: "mark" }, async (path: string, values: Map<string, Uint8Array>) => {
  await writeFile(path, `${values.get("bytes")?.length}`);
  return { path, values, at: new Date(0) };
});
const mapReduce = workflow({ name: "map-reduce", time: "5m" }, async (context, count: number) => {
  const parts = await context.cluster.map(
    add,
    Array.from({ length: count }, (_, index): [number, number] => [index, 1]),
  );
  return (await total(parts)).wait({ timeout: "60s" });
});

// Made here, and not where the module is loaded: its jobs load it too.
let folder: string;
let base: string;
let config: { readonly slurmConf: string; readonly jobBaseDir: string; readonly home: string; readonly name: string };
let cluster: Cluster;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sdk it's $(x) "));
  base = mkdtempSync(join(tmpdir(), "sdk-"));
  config = { slurmConf: inject("slurmConf"), jobBaseDir: base, home: base, name: "bare" };
  cluster = Cluster.fromConfig(config, { submit: { time: "5m" } });
});
afterAll(async () => {
  await cluster.close();
  for (const made of [folder, base]) rmSync(made, { recursive: true, force: true });
});

describe("on a real Slurm", () => {
  test("a value comes back whole, from a job in a folder of any name", async () => {
    const values = new Map([["bytes", new Uint8Array(100_000).fill(7)]]);
    const path = join(folder, "made");
    const job = await cluster.submit(mark, { cwd: folder })(path, values);
    expect(job.nativeId).toMatch(/^\d+$/);
    expect(await job.wait(patience)).toEqual({ path, values, at: new Date(0) });
    expect(await job.status()).toMatchObject({ state: "completed", exit: { status: 0, signal: 0 } });
  });

  test("an array runs once for each item, a job and an array among arguments become their values", async () => {
    const one = await cluster.submit(add)(1, 1);
    const array = await cluster.map(
      add,
      [
        [1, 10],
        [one, 20],
        [3, 30],
      ],
      { maxConcurrent: 2 },
    );
    const sum = await cluster.submit(total)(array);
    const ended: (number | undefined)[] = [];
    for await (const run of array.completed(patience)) ended.push(run.task);
    expect(ended.toSorted((a = 0, b = 0) => a - b)).toEqual([0, 1, 2]);
    expect(await array.results(patience)).toEqual([11, 22, 33]);
    expect(await sum.wait(patience)).toBe(66);
  });

  test("what the function throws comes back, and what waits for it never starts, or starts for that", async () => {
    const failing = await cluster.submit(fail)("too far");
    const never = await cluster.submit(add)(failing, 1);
    const pending = await cluster.submit(add, { killOnInvalidDep: "no" })(failing, 1);
    const afterwards = await cluster.submit(add, { after: { afternotok: failing } })(1, 1);
    const anyway = await cluster.submit(add.after({ afterany: failing }))(2, 2);
    const error: unknown = await failing.wait(patience).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TaskError);
    expect(error).toMatchObject({ message: "too far", remoteName: "RangeError", fields: { code: "E_FAR" } });
    expect(error).toMatchObject({
      cause: { message: "the disk" },
      stack: expect.stringContaining("cluster.slurm.test.ts"),
    });
    await expect(never.wait(patience)).rejects.toBeInstanceOf(DependencyNeverError);
    await expect(pending.wait(patience)).rejects.toBeInstanceOf(DependencyNeverError);
    await pending.cancel();
    expect(await afterwards.wait(patience)).toBe(2);
    expect(await anyway.wait(patience)).toBe(4);
    await expect(cluster.submit(add)(failing, 1)).rejects.toBeInstanceOf(DependencyNeverError);
  });

  test("tasks of an array follow those of another one by one, jobs of one name one after the other", async () => {
    const first = await cluster.map(add, [
      [0, 1],
      [0, 2],
    ]);
    const second = await cluster.map(
      add,
      [
        [10, 1],
        [10, 2],
      ],
      { after: { aftercorr: first } },
    );
    const alone = { name: "alone", after: { singleton: true } } as const;
    const one = await cluster.submit(sleep, alone)(500);
    const two = await cluster.submit(sleep, alone)(1);
    expect(await second.results(patience)).toEqual([11, 12]);
    expect(await two.wait(patience)).toBe(1);
    expect((await one.status()).state).toBe("completed");
  });

  test("a job that is cancelled, and a script that fails, reject with their own errors", async () => {
    const job = await cluster.submit(sleep)(600_000);
    await expect(job.wait({ timeout: "100ms" })).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await job.cancel();
    await expect(job.wait(patience)).rejects.toBeInstanceOf(JobCancelledError);
    const script = await cluster.sbatch('#!/bin/sh\necho "$1" >&2\nexit 3\n', { args: ["the last word"] });
    const error: unknown = await script.wait(patience).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(JobFailedError);
    expect(error).toMatchObject({ exit: { status: 3, signal: 0 }, stderr: "the last word\n", state: "failed" });
    await using other = mockCluster();
    const foreign = await other.submit(add)(1, 1);
    await expect(cluster.submit(add)(foreign, 1)).rejects.toMatchObject({
      code: "INPUT_INVALID",
      message: expect.stringContaining("a job of another cluster"),
    });
    await expect(cluster.submit(add, { partition: "nowhere" })(1, 1)).rejects.toMatchObject({
      code: "SUBMIT_REJECTED",
      message: expect.stringContaining("Invalid partition"),
    });
  });

  test("a workflow maps and reduces from its own job", async () => {
    const job = await cluster.submit(mapReduce)(4);
    expect(await job.wait({ timeout: "110s" })).toBe(10);
  });

  test("another process finds the job again, and ends though it forgets to close", async () => {
    const job = await cluster.submit(add)(20, 22);
    const program = join(base, "program.ts");
    const index = fileURLToPath(new URL("./index.ts", import.meta.url));
    await writeFile(
      program,
      `import { Cluster } from ${JSON.stringify(index)};
       const cluster = Cluster.fromConfig(${JSON.stringify(config)});
       console.log(await (await cluster.job(${JSON.stringify(job.id)})).wait({ timeout: "90s" }));`,
    );
    const { stdout } = await promisify(execFile)(process.execPath, [program], { timeout: 100_000 });
    expect(stdout).toBe("42\n");
  });
});

test("through a gateway all is as it is without one", async () => {
  const cwd = join(base, "served");
  await mkdir(cwd);
  const settings = { kind: "slurm", slurm_conf: inject("slurmConf"), folder: cwd };
  await writeFile(join(cwd, "sluice.yaml"), JSON.stringify({ clusters: { served: settings } }));
  const env = { ...readConfig().environment, SLUICE_HOME: cwd };
  await using gateway = await startServing({ cwd, env });
  const { url, token } = gateway;
  await using remote = Cluster.fromUrl(url, { token });
  const one = await remote.submit(add)(1, 2);
  const array = await remote.map(add, [
    [one, 1],
    [one, 2],
  ]);
  expect(await remote.name()).toBe("served");
  expect(await array.results(patience)).toEqual([4, 5]);
  expect(await (await remote.submit(mark, { cwd })(join(cwd, "made"), new Map())).wait(patience)).toMatchObject({
    at: new Date(0),
  });
  await expect((await remote.submit(fail)("no")).wait(patience)).rejects.toBeInstanceOf(TaskError);
  await expect(Cluster.fromUrl(url, { token, cluster: "other" }).name()).rejects.toMatchObject({
    code: "CLUSTER_NOT_FOUND",
  });
  await expect(Cluster.fromUrl(url, { token: "wrong" }).name()).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
});

test("on plain processes jobs run too, and what waits for others is submitted after them", async () => {
  await using local = new Cluster(new LocalBackend());
  const one = await local.submit(add)(1, 2);
  const two = await local.submit(add)(one, 10);
  expect(await two.wait(patience)).toBe(13);
  await expect((await local.submit(fail)("no")).wait(patience)).rejects.toBeInstanceOf(TaskError);
});
