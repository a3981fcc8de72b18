import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { freePort } from "../../test/sluice.ts";
import { assembleLauncher } from "../assemble-launcher.ts";
import { readConfig } from "../config.ts";
import type { LauncherDeps } from "./clusters.ts";
import { createCluster, type CreateRequest } from "./create.ts";
import { specFromOptions } from "./create-options.ts";
import { destroyCluster } from "./destroy.ts";

const never = new AbortController().signal;

/**
 * Listens on a port as soon as the cluster that means to has been written, and before it is started: on `port`, or on the last
 * that was chosen.
 */
async function createRacing(deps: LauncherDeps, folder: string, wishes: CreateRequest["wishes"], port?: number) {
  const steps: string[] = [];
  const rival = createServer();
  const how = { signal: never, timeoutMs: 60_000, progress: (step: string) => steps.push(step) };
  const made = createCluster(deps, {
    ...how,
    spec: specFromOptions({ name: "raced" }),
    wishes,
    driver: "auto",
    outputDirectory: folder,
    start: true,
    wait: true,
    rollback: true,
    progress(step) {
      steps.push(step);
      if (!step.startsWith("wrote") || rival.listening) return;
      rival.listen(port ?? deps.records.get("raced")?.ports.at(-1), "127.0.0.1");
    },
  });
  try {
    return { ...(await made), steps };
  } finally {
    await destroyCluster(deps, { ...how, name: "raced" });
    rival.close();
  }
}

async function withLauncher(use: (deps: LauncherDeps, folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "race-"));
  try {
    await use(assembleLauncher({ ...readConfig(), home: join(folder, "home") }), folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test("a port that somebody takes between its choice and its use is exchanged for another", async () => {
  await withLauncher(async (deps, folder) => {
    const { steps } = await createRacing(deps, folder, { services: new Set() });
    expect(steps.filter((step) => step.startsWith("choosing other ports"))).toHaveLength(1);
    expect(steps.at(-1)).toBe("the node is ready");
  });
});

test("one that was chosen is exchanged too where another was asked for", async () => {
  await withLauncher(async (deps, folder) => {
    const sshPort = await freePort();
    const { steps, record } = await createRacing(deps, folder, { services: new Set(), sshPort });
    expect(steps.filter((step) => step.startsWith("choosing other ports"))).toHaveLength(1);
    expect(record.ports).toContain(sshPort);
  });
});

test("a port that was asked for is not exchanged", async () => {
  await withLauncher(async (deps, folder) => {
    const sshPort = await freePort();
    const racing = createRacing(deps, folder, { services: new Set(), sshPort }, sshPort);
    await expect(racing).rejects.toMatchObject({ code: "PORT_BUSY" });
    expect(deps.records.list()).toEqual([]);
  });
});
