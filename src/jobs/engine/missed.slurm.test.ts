import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBareCluster, type BareCluster } from "../../../test/bare-cluster.ts";
import { ada, openEngineOnSlurm, patience, type EngineOnSlurm } from "../../../test/engine-on-slurm.ts";

let bare: BareCluster;
let here: EngineOnSlurm;

beforeAll(async () => {
  bare = await startBareCluster(["MinJobAge=2"]);
  here = await openEngineOnSlurm(bare.slurmConf);
});
afterAll(async () => {
  await here[Symbol.asyncDispose]();
  await bare.close();
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
