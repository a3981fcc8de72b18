import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBareCluster, type BareCluster } from "../../../test/bare-cluster.ts";
import { ada, openEngineOnSlurm, patience, type EngineOnSlurm } from "../../../test/engine-on-slurm.ts";
import type { Command } from "../../schema/command.ts";
import type { Runner } from "../runner.ts";

const signal = new AbortController().signal;

let bare: BareCluster;
let here: EngineOnSlurm;

afterAll(async () => {
  await here[Symbol.asyncDispose]();
  await bare.close();
});

/** Commands as somebody who is neither the jobs' owner nor an operator. */
function asNobody(runner: Runner): Runner {
  const become = <T>(command: Command<T>): Command<T> => ({
    ...command,
    argv: ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--", ...command.argv],
  });
  return {
    ...runner,
    run: (command, options) => runner.run(become(command), options),
    output: (command, options) => runner.output(become(command), options),
  };
}

describe("a job that Slurm does not show", { timeout: 180_000 }, () => {
  beforeAll(async () => {
    bare = await startBareCluster(["MinJobAge=2"]);
    const folder = dirname(dirname(bare.slurmConf));
    await chmod(folder, 0o755);
    await chmod(join(folder, "munge"), 0o711);
    here = await openEngineOnSlurm(bare.slurmConf);
  });

  async function setPrivate(isPrivate: boolean): Promise<void> {
    const text = (await readFile(bare.slurmConf, "utf8")).replace(/^PrivateData=.*\n/m, "");
    await writeFile(bare.slurmConf, isPrivate ? `${text}PrivateData=jobs\n` : text);
    await here.slurm("scontrol", "reconfigure");
    await expect
      .poll(() => here.slurm("scontrol", "show", "config"), patience)
      .toMatch(isPrivate ? /PrivateData\s+= jobs/ : /PrivateData\s+= none/);
  }

  test("is hidden, never ended, and fresh again when the rights are there", async () => {
    const id = await here.submit(here.until("hidden", "exit 3"));
    await here.reaches(id, "running");
    await setPrivate(true);
    await here.reopen(asNobody);
    await expect.poll(async () => (await here.store.get(id))?.freshness, patience).toBe("hidden");
    expect((await here.store.get(id))?.state).toBe("running");
    expect((await here.engine.explain(id, ada, signal)).findings).toMatchObject([
      { evidence: "PrivateData", remedy: expect.stringMatching(/coordinator or operator/) },
      { what: expect.stringMatching(/^user nobody, /), evidence: "PrivateData=jobs" },
    ]);
    await setPrivate(false);
    await expect.poll(async () => (await here.store.get(id))?.freshness, patience).toBe("fresh");
    await setPrivate(true);
    await expect.poll(async () => (await here.store.get(id))?.freshness, patience).toBe("hidden");
    await here.reopen();
    await expect.poll(async () => (await here.store.get(id))?.freshness, patience).toBe("fresh");
    await here.letGo("hidden");
    expect(await here.reaches(id, "failed")).toMatchObject({ exit: { status: 3, signal: 0 }, freshness: "fresh" });
  });

  test("a job of which nobody knows anything is not taken for one that is hidden, nor for one that has ended", async () => {
    const id = await here.submit(here.until("never"));
    const { nativeId = "", directory = "" } = await here.reaches(id, "running");
    await here.closeEngine();
    await here.slurm("scancel", nativeId);
    await expect.poll(() => here.slurm("squeue", "-h", "-t", "all", "-j", `${nativeId},999999`), patience).toBe("");
    await rm(join(directory, "exit"), { force: true });
    await here.reopen();
    await expect
      .poll(async () => (await here.store.get(id))?.freshness, { ...patience, timeout: 120_000 })
      .toBe("stale");
    expect((await here.store.get(id))?.state).toBe("running");
    const { findings } = await here.engine.explain(id, ada, signal);
    expect(findings).toMatchObject([{ what: expect.stringMatching(/unknown$/), remedy: expect.any(String) }]);
    await here.engine.act(id, "cancel", ada, signal);
    await here.reaches(id, "cancelled");
  });

  test("a job whose number Slurm has given to another is not taken for that one", async () => {
    const id = await here.submit(here.until("never", "exit 5"));
    const { nativeId = "", directory = "" } = await here.reaches(id, "running");
    await here.closeEngine();
    // A slurmctld that does not know the job kills it, and it may or may not come to leave a receipt: here it leaves none.
    await here.slurm("scancel", nativeId);
    await expect
      .poll(() => here.slurm("squeue", "-h", "-t", "all", "-j", `${nativeId},999999`, "-o", "%T"), patience)
      .toMatch(/^(CANCELLED\n)?$/);
    await rm(join(directory, "exit"), { force: true });
    await bare.loseState();
    let theirs = "";
    for (let n = 0; n < Number(nativeId); n += 1) {
      theirs = (
        await here.slurm("sbatch", "--parsable", "--hold", "--job-name=stranger", "--output=/dev/null", "--wrap=true")
      ).trim();
    }
    expect(theirs).toBe(nativeId);
    await here.reopen();
    await expect(here.engine.act(id, "hold", ada, signal)).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
    expect((await here.store.get(id))?.state).toBe("running");
    await here.engine.act(id, "cancel", ada, signal);
    await here.reaches(id, "cancelled");
    expect(await here.slurm("squeue", "-h", "-j", theirs, "-o", "%T %j")).toBe("PENDING stranger\n");
  });
});
