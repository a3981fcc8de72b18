import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { oldNode, openShippedProject, taskId, trained, type ShippedProject } from "../../../test/shipped-project.ts";
import { findOption } from "../../slurm/batch/option-table.ts";
import type { FileKeeper } from "./keep-content.ts";

let shipped: ShippedProject;
beforeEach(async () => {
  shipped = await openShippedProject();
});
afterEach(() => shipped[Symbol.asyncDispose]());

describe("a bundle", () => {
  test("is brought once, however many submit at once, and runs in its job", async () => {
    const [code, ...others] = await Promise.all([shipped.ship(), shipped.ship(), shipped.ship()]);
    expect(others).toEqual([code, code]);
    expect(await shipped.ship()).toEqual(code);
    expect(shipped.brought).toHaveLength(1);
    expect(await shipped.run(code)).toEqual({ status: 0, stderr: "", value: trained });
  });

  test("runs though a package.json above its folder says that files are CommonJS", async () => {
    await writeFile(join(shipped.jobs.base, "package.json"), '{"type":"commonjs"}');
    expect((await shipped.run(await shipped.ship())).value).toEqual(trained);
  });

  test("is inherited by a workflow's children where the workflow's code has the task", async () => {
    const inherited = await shipped.ship({ packaging: "bundle" });
    // This process is no job, and has defined no such task: so it is made as usual.
    expect(await shipped.ship({ inherited })).toEqual(inherited);
    expect(await shipped.ship({ inherited: { ...inherited, entry: "/another" }, packaging: "inherit" })).toEqual(
      inherited,
    );
    const { register } = await import("../define/registry.ts");
    const module = join(shipped.project, "src/train.ts");
    const place = { module, path: "src/train.ts" };
    Reflect.set(globalThis, Symbol.for("sluice.in-job"), true);
    try {
      register(
        { kind: "task", name: "train", module, place, options: {}, fn: () => {}, after: [], bound: [] },
        { id: taskId, name: undefined },
      );
      expect(await shipped.ship({ inherited: { ...inherited, entry: "/another" } })).toMatchObject({
        entry: "/another",
      });
    } finally {
      Reflect.deleteProperty(globalThis, Symbol.for("sluice.in-job"));
    }
  });
});

describe("Node", () => {
  /** Packing it takes seconds. */
  const home = join(tmpdir(), `sluice-packed-node-${process.pid}`);
  afterAll(() => rm(home, { recursive: true, force: true }));

  test("is not one of the PATH that is too old", async () => {
    const PATH = await shipped.programs({ node: oldNode });
    expect((await shipped.run(await shipped.ship(), { variables: { PATH } })).value).toEqual(trained);
  });

  test("is looked for once by the tasks of an array on one host", async () => {
    const node = `#!/bin/sh\necho "$@" >> "$(dirname "$0")/asked"\nexec ${process.execPath} "$@"\n`;
    const PATH = await shipped.programs({ node });
    const array = { option: findOption("array"), value: "0-1" };
    const args = JSON.stringify({ args: [41] });
    const job = await shipped.jobs.place(taskId, [41], {
      code: await shipped.ship(),
      options: [array],
      calls: [args, args],
    });
    for (const task of ["0", "1"]) {
      const variables = { PATH, SLURM_ARRAY_TASK_ID: task, SLURMD_NODENAME: "cpu-0" };
      expect(await job.start(variables).ended).toMatchObject({ status: 0, stderr: "" });
      expect(await job.value(Number(task))).toEqual(trained);
    }
    const asked = (await readFile(join(shipped.folder, "bin/asked"), "utf8")).split("\n");
    expect(asked.filter((words) => words === "--version")).toHaveLength(1);
  });

  test("is that of an environment module where the PATH has none", async () => {
    const code = await shipped.ship();
    const PATH = await shipped.programs({ node: oldNode });
    const modules = join(shipped.folder, "modules");
    await mkdir(modules);
    await writeFile(join(modules, "node"), `#!/bin/sh\nexec ${process.execPath} "$@"\n`, { mode: 0o755 });
    // Sites give bash their modules by this, or by a file of /etc/profile.d.
    const variables = { PATH, BASH_ENV: join(shipped.folder, "modules.sh") };
    const script = `module() { if [ "$1 $2" = "load nodejs" ]; then PATH="${modules}:$PATH"; else return 1; fi; }\n`;
    await writeFile(variables.BASH_ENV, script);
    const runtime = { kind: "system", oldest: "22.18", otherwise: [] } as const;
    expect((await shipped.run({ ...code, runtime }, { variables })).value).toEqual(trained);
  });

  test("that cannot be found is told, with what to do", async () => {
    const code = await shipped.ship();
    const variables = { PATH: await shipped.programs({ node: oldNode }) };
    const runtime = { kind: "system", oldest: "22.18", otherwise: [] } as const;
    expect(await shipped.run({ ...code, runtime }, { variables })).toMatchObject({
      status: 127,
      stderr: expect.stringMatching(/cannot find Node 22\.18 or newer on .*: .*node: "bundled"/),
    });
    expect(await shipped.run(await shipped.ship({ node: "/no/such/node" }))).toMatchObject({
      status: 127,
      stderr: expect.stringContaining("/no/such/node, which the task's node option names, is not one"),
    });
  });

  test("is brought, packed once, and unpacked once on the cluster; one for another machine is told", async () => {
    const code = await shipped.ship({ node: "bundled", home });
    expect(shipped.brought).toHaveLength(2);
    await shipped.ship({ node: "bundled", home });
    expect(shipped.brought).toHaveLength(2);
    const PATH = await shipped.programs({ node: oldNode });
    expect((await shipped.run(code, { variables: { PATH } })).value).toEqual(trained);
    const [runtime = ""] = await readdir(join(shipped.jobs.base, "runtimes"));
    expect(await readdir(join(shipped.jobs.base, "runtimes", runtime))).toEqual(["node"]);
    if (code.runtime.kind !== "bundled") throw new Error("it is not bundled");
    const other = { ...code.runtime, brought: { ...code.runtime.brought, machine: "riscv64" } };
    expect(await shipped.run({ ...code, runtime: other })).toMatchObject({
      status: 127,
      stderr: expect.stringMatching(/the one that was brought is for riscv64, and this is/),
    });
  });

  test("is brought without being asked for where the cluster's files are not to be seen from here", async () => {
    const backend: FileKeeper = { ...shipped.keeper, keptFile: async (_, sha256) => `/far/away/files/${sha256}` };
    expect(await shipped.ship({ backend, home })).toMatchObject({
      runtime: {
        kind: "system",
        brought: { path: expect.stringContaining("/far/away/files/"), version: process.versions.node },
      },
    });
  });
});

test("code that a node does not see is told", async () => {
  const code = await shipped.ship();
  expect(await shipped.run({ ...code, entry: "/far/away/code" })).toMatchObject({
    status: 66,
    stderr: expect.stringMatching(/the task's code \(bundle\) is not to be seen on .*: \/far\/away\/code/),
  });
});

test("sources run as they are, from a file system that all share, with this copy of the package", async () => {
  const code = await shipped.ship({ packaging: "source" });
  expect(shipped.brought).toEqual([expect.closeTo(1_000, -3)]);
  expect((await shipped.run(code)).value).toEqual(trained);
  await rm(join(shipped.project, "src/train.ts"));
  expect(await shipped.run(code)).toMatchObject({ status: 1 });
});
