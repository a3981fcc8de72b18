import { spawn, type ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isRunning, killTree } from "../../src/launcher/drivers/native/processes.ts";
import type { ClusterRecord } from "../../src/schema/cluster-record.ts";
import { nothing, tracesOf } from "./machine.ts";
import { eventually, finished, openWorkspace, type Workspace } from "./workspace.ts";

/** Somebody for a cluster to belong to. */
function startOwner(): ChildProcess & { readonly pid: number } {
  const child = spawn("sleep", ["1000"], { stdio: "ignore" });
  if (child.pid === undefined) throw new Error("no owner");
  return Object.assign(child, { pid: child.pid });
}

function create(owner: number): string[] {
  return ["cluster", "create", "--name", "e", "--start", "--ephemeral", "--owner-pid", String(owner)];
}

function isGone(workspace: Workspace, record: ClusterRecord): true | undefined {
  const { processes, ports, files } = tracesOf(workspace, [record]);
  return processes.length + ports.length + files.length === 0 ? true : undefined;
}

test("an ephemeral cluster is gone within 5 s of its owner's death, without any other command", async () => {
  await using workspace = openWorkspace();
  const owner = startOwner();
  await workspace.ok(create(owner.pid));
  const record = workspace.record("e");
  owner.kill("SIGKILL");
  await eventually("the cluster to go with its owner", () => isGone(workspace, record), 5_000);
  expect(tracesOf(workspace, [record])).toEqual(nothing);
});

test("the process that calls sluice is the owner where none is named", async () => {
  await using workspace = openWorkspace();
  const command = [...workspace.command, "cluster", "create", "--name", "e", "--start", "--ephemeral"];
  command.push("--port", String(workspace.sshPort()));
  const caller = spawn("sh", ["-c", '"$@" && echo made && exec sleep 1000', "sh", ...command], {
    cwd: workspace.cwd,
    env: workspace.env,
    stdio: ["ignore", "pipe", "ignore"],
  });
  await new Promise<void>((resolve) => {
    caller.stdout.on("data", (chunk: Buffer) => {
      if (chunk.toString().includes("made")) resolve();
    });
  });
  const record = workspace.record("e");
  expect(record.owner?.pid).toBe(caller.pid);
  caller.kill("SIGKILL");
  await eventually("the cluster to go with its owner", () => isGone(workspace, record), 5_000);
  expect(tracesOf(workspace, [record])).toEqual(nothing);
});

test("where the owner and sluice are killed together during create, nothing stays", async () => {
  await using workspace = openWorkspace();
  const owner = startOwner();
  const child = workspace.start(create(owner.pid));
  const ended = finished(child);
  let record: ClusterRecord | undefined;
  child.stderr.on("data", (chunk: Buffer) => {
    if (record !== undefined || !chunk.toString().includes("munged answers")) return;
    record = workspace.record("e");
    owner.kill("SIGKILL");
    child.kill("SIGKILL");
  });
  await ended;
  const begun = record;
  if (begun === undefined) throw new Error("create told nothing");
  await eventually("what was begun to go", () => isGone(workspace, begun), 5_000);
  expect(tracesOf(workspace, [begun])).toEqual(nothing);
});

test("where the owner dies during create, the cluster goes as soon as it is made", async () => {
  await using workspace = openWorkspace();
  const owner = startOwner();
  const child = workspace.start(create(owner.pid));
  const ended = finished(child);
  child.stderr.once("data", () => owner.kill("SIGKILL"));
  await ended;
  await eventually(
    "the cluster to go",
    () => {
      const { processes, files } = tracesOf(workspace, []);
      return processes.length + files.length === 0 ? true : undefined;
    },
    5_000,
  );
  expect(tracesOf(workspace, [])).toEqual(nothing);
});

test("where the watch was killed too, the next command of any kind clears the cluster away", async () => {
  await using workspace = openWorkspace();
  const owner = startOwner();
  await workspace.ok(create(owner.pid));
  const record = workspace.record("e");
  if (record.watch === undefined) throw new Error("no watch");
  killTree(record.watch);
  const ended = finished(owner);
  owner.kill("SIGKILL");
  await ended;
  const { stdout, stderr } = await workspace.sluice(["cluster", "list"]);
  expect(stdout).toBe("");
  expect(stderr).toContain(`destroying "e", whose owner (process ${owner.pid}) has ended`);
  expect(tracesOf(workspace, [record])).toEqual(nothing);
});

test("a process that got the owner's pid later is not taken for the owner", async () => {
  await using workspace = openWorkspace();
  const owner = startOwner();
  const other = startOwner();
  await workspace.ok(create(owner.pid));
  const record = workspace.record("e");
  if (record.watch === undefined || record.owner === undefined) throw new Error("no watch");
  killTree(record.watch);
  // A pid cannot be had again on demand: so the record names a living process that started at another time.
  const reused = { ...record, owner: { pid: other.pid, startTime: record.owner.startTime - 1 } };
  writeFileSync(join(workspace.home, "clusters/e.json"), JSON.stringify(reused));
  await workspace.sluice(["cluster", "list"]);
  expect(tracesOf(workspace, [record])).toEqual(nothing);
  for (const child of [owner, other]) child.kill("SIGKILL");
});

test("destroy before the owner's death ends the watch, and another cluster of that name is not taken for it", async () => {
  await using workspace = openWorkspace();
  const owner = startOwner();
  await workspace.ok(create(owner.pid));
  const first = workspace.record("e");
  if (first.watch === undefined) throw new Error("no watch");
  expect(isRunning(first.watch)).toBe(true);
  await workspace.ok(["cluster", "destroy", "--name", "e"]);
  expect(isRunning(first.watch)).toBe(false);
  expect(tracesOf(workspace, [first])).toEqual(nothing);

  await workspace.ok(["cluster", "create", "--name", "e", "--start"]);
  const ended = finished(owner);
  owner.kill("SIGKILL");
  await ended;
  expect(await workspace.ok(["cluster", "list", "--no-headers"])).toMatch(/^e +running /);
});
