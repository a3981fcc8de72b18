import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createClient, type Client, type ClusterView, type Job } from "../src/client/client.ts";
import { openWorkspace, type Workspace } from "./hygiene/workspace.ts";

const patience = { timeout: 60_000, interval: 100 } as const;

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace[Symbol.asyncDispose]());

interface Served extends AsyncDisposable {
  readonly client: Client;
  readonly said: () => string;
}

/** `sluice serve` in the workspace. */
async function serve(): Promise<Served> {
  const child = workspace.start(["serve", "--json", "--quiet", "--listen", ":0"]);
  const exited = once(child, "exit");
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const [line]: unknown[] = await once(child.stdout.setEncoding("utf8"), "data");
  const { urls }: { urls: string[] } = JSON.parse(String(line));
  const token = (await readFile(join(workspace.home, "token"), "utf8")).trim();
  return {
    client: createClient({ url: urls[0] ?? "", token }),
    said: () => said,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

const create = (...shape: readonly string[]): Promise<string> =>
  workspace.ok(["cluster", "create", "--name", "dev", "--start", "--quiet", ...shape]);
const act = (what: "stop" | "start" | "destroy"): Promise<string> =>
  workspace.ok(["cluster", what, "--name", "dev", "--quiet"]);

const waiting = (file: string): { readonly script: string; readonly args: string[] } => ({
  script: '#!/bin/sh\necho begun\nuntil [ -e "$1" ]; do sleep 0.1; done\necho done\n',
  args: [join(workspace.cwd, file)],
});

test(
  "clusters made here come, stop, go on and go while a gateway runs, and each job's account stays true",
  { timeout: 240_000 },
  async () => {
    // Nothing but this cluster is meant, whatever Slurm the machine has.
    await using served = await serve();
    const { client } = served;
    const cluster = async (): Promise<ClusterView | undefined> =>
      (await client.clusters()).find(({ name }) => name === "dev");
    const state = async (id: string): Promise<Pick<Job, "state" | "freshness">> => {
      const job = await client.job(id);
      return { state: job.state, freshness: job.freshness };
    };
    expect(await cluster()).toBeUndefined();

    await create("--cpu-nodes", "2", "--gpu-nodes", "0");
    await expect.poll(cluster, patience).toMatchObject({ name: "dev", kind: "slurm", status: "up" });
    const first = await client.submit({ cluster: "dev", command: ["echo", "it runs"] });
    expect(await client.wait(first.id)).toMatchObject({ state: "completed", exit: { status: 0, signal: 0 } });

    const running = await client.submit({ cluster: "dev", ...waiting("never"), requeue: true });
    await client.wait(running.id, { until: ({ state: now }) => now === "running" });
    const held = await client.submit({ cluster: "dev", command: ["true"], hold: true });
    await client.wait(held.id, { until: ({ state: now }) => now === "held" });

    await act("stop");
    const stopped = {
      status: "unreachable",
      code: "CLUSTER_NOT_RUNNING",
      message: expect.stringContaining("sluice cluster start --name dev"),
    };
    await expect.poll(cluster, patience).toMatchObject(stopped);
    await expect.poll(() => state(held.id), patience).toEqual({ state: "held", freshness: "stale" });
    const meanwhile = await client.submit({ cluster: "dev", command: ["true"] });
    const refused = await workspace.sluice(["run", "--cluster", "dev", "--", "true"]);
    expect(refused).toMatchObject({ code: 69, stderr: expect.stringContaining("cluster start --name dev") });
    expect((await client.explain(meanwhile.id)).findings).toContainEqual(
      expect.objectContaining({ evidence: expect.stringContaining("sluice cluster start --name dev") }),
    );
    expect(await state(meanwhile.id)).toEqual({ state: "accepted", freshness: "fresh" });

    await act("start");
    expect(await client.wait(meanwhile.id)).toMatchObject({ state: "completed" });
    await expect.poll(() => state(held.id), patience).toEqual({ state: "held", freshness: "fresh" });

    await act("destroy");
    await expect.poll(cluster, patience).toBeUndefined();
    // Nobody can say how it ended, so it is not called ended.
    await expect.poll(() => state(held.id), patience).toEqual({ state: "held", freshness: "stale" });
    expect(await state(first.id)).toEqual({ state: "completed", freshness: "fresh" });
    await expect(client.cancel(held.id)).rejects.toMatchObject({ code: "CLUSTER_NOT_FOUND" });

    // Another cluster takes the name, with native ids that the first one used, and a history of its own.
    await create("--cpu-nodes", "1", "--gpu-nodes", "0");
    const other = await client.submit({ cluster: "dev", ...waiting("go"), name: "other" });
    await client.wait(other.id, { until: ({ state: now }) => now === "running" });
    expect((await client.job(other.id)).nativeId).toBe(first.nativeId ?? (await client.job(first.id)).nativeId);
    await expect.poll(() => state(held.id), patience).toMatchObject({ state: "cancelled" });
    expect(await client.job(held.id)).toMatchObject({ reason: "ClusterGone" });
    expect(await client.job(running.id)).toMatchObject({ reason: "ClusterGone", freshness: "fresh" });
    expect((await client.explain(held.id)).findings).toContainEqual({
      what: "its cluster was destroyed, so how it ended cannot be known",
      evidence: "ClusterGone",
    });
    await expect(client.requeue(first.id)).rejects.toMatchObject({ code: "CLUSTER_NOT_FOUND" });
    await expect(client.forget(first.id)).rejects.toMatchObject({ code: "CLUSTER_NOT_FOUND" });
    expect(await state(other.id)).toEqual({ state: "running", freshness: "fresh" });
    await writeFile(join(workspace.cwd, "go"), "");
    expect(await client.wait(other.id)).toMatchObject({ state: "completed" });
    expect(served.said()).not.toContain("mistake");
  },
);
