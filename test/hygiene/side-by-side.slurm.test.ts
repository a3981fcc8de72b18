import { expect, test } from "vitest";
import { nothing, tracesOf } from "./machine.ts";
import { openWorkspace } from "./workspace.ts";

const names = ["a", "b", "c"] as const;

test("clusters that are made at once share no port and see nothing of each other, through stop and start too", async () => {
  await using workspace = openWorkspace();
  const each = (argv: (name: string) => readonly string[]): Promise<string[]> =>
    Promise.all(names.map((name) => workspace.ok(argv(name))));
  const queues = (): Promise<string[]> =>
    Promise.all(names.map(async (name) => (await workspace.run(["squeue", "-h", "-o", "%j %T"], name)).stdout.trim()));

  await each((name) => ["cluster", "create", "--name", name, "--preset", "multi-node", "--start", "--quiet"]);
  const records = names.map((name) => workspace.record(name));
  const ports = records.flatMap((record) => record.ports);
  expect(new Set(ports).size).toBe(ports.length);
  expect(tracesOf(workspace, records).ports.toSorted((a, b) => a - b)).toEqual(ports.toSorted((a, b) => a - b));

  await Promise.all(
    names.map((name) => workspace.run(["sbatch", "-Q", "--hold", `--job-name=of-${name}`, "--wrap", "true"], name)),
  );
  expect(await queues()).toEqual(["of-a PENDING", "of-b PENDING", "of-c PENDING"]);

  await each((name) => ["cluster", "stop", "--name", name, "--quiet"]);
  expect(tracesOf(workspace, records)).toMatchObject({ processes: [], ports: [] });
  await each((name) => ["cluster", "start", "--name", name, "--quiet"]);
  expect(await queues()).toEqual(["of-a PENDING", "of-b PENDING", "of-c PENDING"]);

  await workspace.ok(["cluster", "destroy", "--name", "b", "--quiet"]);
  expect((await workspace.run(["srun", "-N2", "true"], "a")).code).toBe(0);
  expect((await workspace.run(["srun", "-N2", "true"], "c")).code).toBe(0);
  await workspace.ok(["cluster", "destroy", "--all", "--quiet"]);
  expect(tracesOf(workspace, records)).toEqual(nothing);
});

test("a stopped cluster keeps its ports from another that is made meanwhile", async () => {
  await using workspace = openWorkspace();
  await workspace.ok(["cluster", "create", "--name", "a", "--start", "--quiet"]);
  const { ports } = workspace.record("a");
  await workspace.ok(["cluster", "stop", "--name", "a", "--quiet"]);
  await workspace.ok(["cluster", "create", "--name", "b", "--start", "--quiet"]);
  expect(workspace.record("b").ports.filter((port) => ports.includes(port))).toEqual([]);
  await workspace.ok(["cluster", "start", "--name", "a", "--quiet"]);
  expect((await workspace.run(["srun", "true"], "a")).code).toBe(0);
});
