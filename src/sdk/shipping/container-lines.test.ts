import { execFile } from "node:child_process";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { oldNode, openShippedProject, trained, type ShippedProject } from "../../../test/shipped-project.ts";

let shipped: ShippedProject;
beforeEach(async () => {
  shipped = await openShippedProject();
});
afterEach(() => shipped[Symbol.asyncDispose]());

describe("a container", () => {
  /** Notes how it is called, and runs on this host what it would run in the container. */
  const engine = (words: string): string => `#!/bin/bash
if [ "$1" = info ]; then echo crun; exit; fi
if [ "$1" = image ]; then exit 1; fi
if [ "$1" = --help ]; then echo "${words}"; exit; fi
printf '%s\\n' "$0" "$@" > "$(dirname "$0")/called"
while [ "$1" != -c ]; do shift; done
exec sh "$@"
`;
  const called = async (): Promise<readonly string[]> =>
    (await readFile(join(shipped.folder, "bin/called"), "utf8")).split("\n");
  const withNode = async (scripts: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>> => ({
    PATH: `${dirname(process.execPath)}:${await shipped.programs(scripts)}`,
    SLURM_CPUS_PER_TASK: "3",
    MINE: "two words",
  });

  test("is run by Pyxis where srun has it, with its name as enroot takes it", async () => {
    const code = await shipped.ship({ packaging: "container:registry:5000/team/image:1" });
    const variables = await withNode({ srun: engine("--container-image=[USER@][REGISTRY#]IMAGE") });
    expect(await shipped.run(code, { variables })).toMatchObject({ status: 0, value: trained });
    expect(await called()).toEqual(
      expect.arrayContaining([
        "--ntasks=1",
        "--container-image=registry:5000#team/image:1",
        `--container-mounts=${shipped.jobs.base}:${shipped.jobs.base},${tmpdir()}:${tmpdir()}`,
        `--container-workdir=${tmpdir()}`,
      ]),
    );
  });

  test("is run by apptainer, else by podman, as is found; with more mounts, and in each task with srun", async () => {
    const code = await shipped.ship({
      packaging: { kind: "container", image: "debian:12", mounts: ["/data sets:/data:ro"] },
    });
    const srun = '#!/bin/sh\nif [ "$1" = --help ]; then exit; fi\nexport RAN_BY_SRUN=1\nexec "$@"\n';
    const variables = await withNode({ srun, podman: engine("") });
    expect(await shipped.run(code, { variables, srun: true })).toMatchObject({ status: 0, value: trained });
    const words = await called();
    expect(words).toEqual(
      expect.arrayContaining([
        "run",
        "--rm",
        `${shipped.jobs.base}:${shipped.jobs.base}`,
        "/data sets:/data:ro",
        "MINE",
        "docker.io/library/debian:12",
      ]),
    );
    expect(words).not.toContain("PATH");
    await writeFile(join(shipped.folder, "bin/apptainer"), engine(""));
    await chmod(join(shipped.folder, "bin/apptainer"), 0o755);
    expect(await shipped.run(code, { variables })).toMatchObject({ status: 0, value: trained });
    expect(await called()).toEqual(
      expect.arrayContaining([
        "exec",
        "--bind",
        `${shipped.jobs.base}:${shipped.jobs.base},${tmpdir()}:${tmpdir()},/data sets:/data:ro`,
        "docker://debian:12",
      ]),
    );
  });

  test("without a Node that is new enough, and a node without an engine, are told", async () => {
    const code = await shipped.ship({ packaging: "container:debian:12" });
    const variables = { PATH: await shipped.programs({ podman: engine(""), node: oldNode, srun: oldNode }) };
    expect(await shipped.run(code, { variables })).toMatchObject({
      status: 127,
      stderr: expect.stringContaining("cannot find Node 22.18 or newer in the container"),
    });
    const bare = join(shipped.folder, "bare");
    await mkdir(bare);
    for (const name of ["bash", "uname", "ln", "grep", "mkdir", "rm", "env"]) {
      await promisify(execFile)("ln", ["-s", `/bin/${name}`, join(bare, name)]);
    }
    expect(await shipped.run(code, { variables: { PATH: bare } })).toMatchObject({
      status: 127,
      stderr: expect.stringContaining("can run no container: it has neither Pyxis nor apptainer nor podman"),
    });
  });
});
