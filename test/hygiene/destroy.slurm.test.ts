import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nothing, tracesOf } from "./machine.ts";
import { eventually, openWorkspace, type Workspace } from "./workspace.ts";

/** A running cluster with a running job. */
async function busyCluster(workspace: Workspace, name: string, ...options: readonly string[]): Promise<void> {
  await workspace.ok(["cluster", "create", "--name", name, "--start", "--quiet", ...options]);
  writeFileSync(join(workspace.cwd, "job.sh"), "#!/bin/sh\n(setsid sleep 1000 &)\nexec sleep 1000\n");
  await workspace.run(["sbatch", "-Q", "job.sh"], name);
  await eventually("the job to run", async () =>
    (await workspace.run(["squeue", "-h", "-t", "R", "-o", "%i"], name)).stdout === "1\n" ? true : undefined,
  );
}

const destroy = ["cluster", "destroy", "--name", "c"];

/** What may have happened to a running cluster. */
const mishaps: readonly { readonly what: string; readonly happen: (workspace: Workspace) => void | Promise<void> }[] = [
  { what: "nothing", happen: () => {} },
  {
    what: "its folder was deleted",
    happen: (workspace) => rmSync(workspace.directory("c"), { recursive: true, force: true }),
  },
  {
    what: "its cluster.yaml is corrupt",
    happen: (workspace) => writeFileSync(join(workspace.directory("c"), "cluster.yaml"), "version: [1\n"),
  },
  {
    what: "its slurm.conf is gone",
    happen: (workspace) => rmSync(workspace.slurmConf("c")),
  },
  {
    what: "its daemons were killed",
    happen: (workspace) => {
      for (const { pid } of workspace.record("c").daemons) process.kill(pid, "SIGKILL");
    },
  },
  {
    what: "its daemons are frozen",
    happen: (workspace) => {
      for (const { pid } of workspace.record("c").daemons) process.kill(pid, "SIGSTOP");
    },
  },
  {
    what: "its record has forgotten its daemons",
    happen: (workspace) =>
      writeFileSync(join(workspace.home, "clusters/c.json"), JSON.stringify({ ...workspace.record("c"), daemons: [] })),
  },
  {
    what: "it was stopped",
    happen: async (workspace) => void (await workspace.ok(["cluster", "stop", "--name", "c"])),
  },
];

test.each(mishaps)("destroy leaves nothing where $what, and again is no error", async ({ happen }) => {
  await using workspace = openWorkspace();
  await busyCluster(workspace, "c");
  const record = workspace.record("c");
  await happen(workspace);
  expect(await workspace.ok(destroy)).toBe("Destroyed c.\n");
  expect(tracesOf(workspace, [record])).toMatchObject({ ...nothing, files: [] });
  expect(await workspace.ok(destroy)).toBe('There is no cluster "c"; nothing to destroy.\n');
});

test("a cluster can be destroyed from within one of its own jobs", async () => {
  await using workspace = openWorkspace();
  await workspace.ok(["cluster", "create", "--name", "c", "--start", "--quiet"]);
  const record = workspace.record("c");
  const command = [...workspace.command, ...destroy].map((word) => `'${word}'`).join(" ");
  const script = ["#!/bin/sh", `SLUICE_HOME='${workspace.home}' ${command} > destroyed 2>&1`, "echo $? > code"];
  writeFileSync(join(workspace.cwd, "own.sh"), `${script.join("\n")}\n`);
  expect((await workspace.run(["sbatch", "-Q", "-o", "/dev/null", "own.sh"], "c")).code).toBe(0);
  await eventually("the cluster to be gone", () =>
    tracesOf(workspace, [record]).files.length === 0 ? true : undefined,
  );
  await eventually("its processes to be gone", () =>
    tracesOf(workspace, [record]).processes.length === 0 ? true : undefined,
  );
  expect(tracesOf(workspace, [record])).toEqual(nothing);
  expect((await workspace.run(["cat", "destroyed", "code"])).stdout).toBe("Destroyed c.\n0\n");
});

test("a cluster can be destroyed from within a login to it", async () => {
  await using workspace = openWorkspace();
  await workspace.ok(["cluster", "create", "--name", "c", "--start", "--quiet"]);
  const record = workspace.record("c");
  const inside = ["env", `SLUICE_HOME=${workspace.home}`, ...workspace.command, ...destroy];
  const login = await workspace.sluice(["cluster", "ssh", "--name", "c", "--", ...inside]);
  expect(login.stderr).not.toContain("[");
  await eventually("all of it to be gone", () => {
    const { processes, files } = tracesOf(workspace, [record]);
    return processes.length + files.length === 0 ? true : undefined;
  });
  expect(tracesOf(workspace, [record])).toEqual(nothing);
});

test("destroy --all takes every cluster, a broken one too, and says which", async () => {
  await using workspace = openWorkspace();
  await Promise.all(
    ["a", "b", "c"].map((name) => workspace.ok(["cluster", "create", "--name", name, "--start", "--quiet"])),
  );
  const records = ["a", "b", "c"].map((name) => workspace.record(name));
  rmSync(workspace.directory("b"), { recursive: true, force: true });
  expect(await workspace.ok(["cluster", "destroy", "--all"])).toBe("Destroyed a, b, c.\n");
  expect(tracesOf(workspace, records)).toEqual(nothing);
  expect(await workspace.ok(["cluster", "destroy", "--all"])).toBe("There are no clusters.\n");
});
