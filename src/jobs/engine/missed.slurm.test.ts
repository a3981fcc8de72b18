import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBareCluster, type BareCluster } from "../../../test/bare-cluster.ts";
import { ada, openEngineOnSlurm, patience, type EngineOnSlurm } from "../../../test/engine-on-slurm.ts";

const signal = new AbortController().signal;
let bare: BareCluster;
let here: EngineOnSlurm;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "outputs-"));
  bare = await startBareCluster(["MinJobAge=2"]);
  here = await openEngineOnSlurm(bare.slurmConf);
});
afterAll(async () => {
  await here[Symbol.asyncDispose]();
  await bare.close();
  await rm(folder, { recursive: true, force: true });
});

describe("what the engine missed", { timeout: 180_000 }, () => {
  test("a job that ended and was forgotten while nobody looked is settled by its receipt", async () => {
    const id = await here.submit(here.until("missed", "exit 4"));
    const { nativeId = "" } = await here.reaches(id, "running");
    await here.closeEngine();
    await here.letGo("missed");
    await expect.poll(() => here.slurm("squeue", "-h", "-t", "all", "-j", `${nativeId},999999`), patience).toBe("");
    await here.reopen();
    expect(await here.reaches(id, "failed")).toMatchObject({ exit: { status: 4, signal: 0 }, reason: "Receipt" });
  });

  test("output is found where the job's own options put it, though Slurm does not tell what %N became, and has forgotten all", async () => {
    const printed = async (id: string, task?: number): Promise<string> => {
      const request = { stream: "stdout", follow: false, ...(task !== undefined && { task }) } as const;
      let text = "";
      for await (const { bytes } of here.engine.output(id, request, ada, signal)) text += Buffer.from(bytes).toString();
      return text;
    };
    const script = '#!/bin/sh\necho "task ${SLURM_ARRAY_TASK_ID:-none}"\n';
    const output = join(folder, "%x %a %N.out");
    const one = await here.submit({
      ...here.until("one"),
      script: `${here.until("one").script}echo one\n`,
      options: { output },
    });
    await here.reaches(one, "running");
    const array = await here.submit({ script, options: { array: "0-1", output } });
    await here.letGo("one");
    await here.reaches(one, "completed");
    await here.reaches(array, "completed");
    expect([await printed(one), await printed(array, 1)]).toEqual(["one\n", "task 1\n"]);
    const numbers = [await here.nativeId(one), await here.nativeId(array)].join(",");
    await expect.poll(() => here.slurm("squeue", "-h", "-t", "all", "-j", numbers), patience).toBe("");
    await here.reopen();
    expect([await printed(one), await printed(array, 0)]).toEqual(["one\n", "task 0\n"]);
  });

  test("tasks that are cancelled as they wait, of which Slurm keeps no record, have ended, and so has their array at last", async () => {
    const id = await here.submit({ ...here.until("array"), options: { array: "0-4%2" } });
    const { nativeId = "" } = await here.reaches(id, "running");
    const states = async (): Promise<unknown> => (await here.engine.tasks(id, ada)).map(({ state }) => state);
    await here.slurm("scancel", `${nativeId}_3`);
    await expect.poll(states, patience).toEqual(["running", "running", "pending", "cancelled", "pending"]);
    await here.slurm("scancel", `${nativeId}_4`);
    await expect.poll(states, patience).toEqual(["running", "running", "pending", "cancelled", "cancelled"]);
    expect(await here.store.get(id)).toMatchObject({ state: "running", freshness: "fresh" });
    await here.letGo("array");
    expect(await here.reaches(id, "cancelled")).toMatchObject({ reason: "NeverBegan" });
    expect(await states()).toEqual(["completed", "completed", "completed", "cancelled", "cancelled"]);
  });

  test("while slurmctld does not answer jobs are stale, never finished, and what is asked for is kept", async () => {
    const id = await here.submit(here.until("stale"));
    await here.reaches(id, "running");
    await bare.stateSaved();
    await bare.kill("slurmctld");
    await expect.poll(async () => (await here.store.get(id))?.freshness, patience).toBe("stale");
    const later = await here.submit({ command: ["true"] });
    expect((await here.engine.clusters())[0]).toMatchObject({ status: "unreachable", message: expect.any(String) });
    await here.letGo("stale");
    expect((await here.store.get(id))?.state).toBe("running");
    await bare.restart("slurmctld");
    expect(await here.reaches(id, "completed")).toMatchObject({ freshness: "fresh" });
    await here.reaches(later, "completed");
  });
});
