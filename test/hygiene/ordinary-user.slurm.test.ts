import { request } from "node:http";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nothing, tracesOf } from "./machine.ts";
import { eventually, openWorkspace, ordinaryPerson, people, type Workspace } from "./workspace.ts";

let workspace: Workspace;
afterEach(async () => {
  await workspace[Symbol.asyncDispose]();
});

/** Variables of a job by name, those of Slurm's GPUs and of the vendors. */
async function gpuVariables(argv: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const output = join(workspace.cwd, "environment");
  rmSync(output, { force: true });
  const { code, stderr } = await workspace.run(
    ["sbatch", "-Q", "--wait", "-o", output, ...argv, "--wrap", "env; srun printenv SLURM_STEP_GPUS | sed s/^/STEP=/"],
    "c",
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { stdout } = await workspace.run(["cat", output]);
  const names =
    /^(?:(SLURM_(?:GPUS|JOB_GPUS).*|CUDA_VISIBLE_DEVICES|ROCR_VISIBLE_DEVICES|ZE_AFFINITY_MASK|GPU_DEVICE_ORDINAL|STEP))=(.*)$/gm;
  return Object.fromEntries([...stdout.matchAll(names)].map(([, name = "", value = ""]) => [name, value]));
}

const ofSlurm = { SLURM_GPUS: "2", SLURM_GPUS_ON_NODE: "2", SLURM_JOB_GPUS: "0,1", STEP: "0,1" };

/** Row by row what a job with `--gpus=2` finds in its environment. */
const truthTable = [
  { options: [], variables: ofSlurm },
  { options: ["--gpu-env", "none"], variables: ofSlurm },
  { options: ["--gpu-env", "nvidia"], variables: { ...ofSlurm, CUDA_VISIBLE_DEVICES: "0,1" } },
  { options: ["--gpu-env", "amd"], variables: { ...ofSlurm, ROCR_VISIBLE_DEVICES: "0,1" } },
] as const;

describe.each(people())("as $who", ({ person }) => {
  beforeEach(() => {
    workspace = openWorkspace(person === undefined ? {} : { person });
  });

  test.each(truthTable)(
    "a job of the gpu preset with $options sees what the truth table says",
    async ({ options, variables }) => {
      await workspace.ok(["cluster", "create", "--name", "c", "--preset", "gpu", "--start", "--quiet", ...options]);
      expect(await gpuVariables(["--gpus=2"])).toEqual(variables);
      const sinfo = await workspace.run(["sinfo", "-h", "-N", "-p", "gpu", "-O", "Gres,StateLong"], "c");
      expect(sinfo.stdout.trim().split(/\s+/)).toEqual(["gpu:fake:2", "idle"]);
    },
  );

  test("the ways to ask for GPUs set the variables that Slurm sets", async () => {
    await workspace.ok(["cluster", "create", "--name", "c", "--preset", "gpu", "--start", "--quiet"]);
    expect(await gpuVariables(["--gpus=fake:2"])).toEqual({ ...ofSlurm, SLURM_GPUS: "fake:2" });
    expect(await gpuVariables(["--gres=gpu:1"])).toEqual({ SLURM_GPUS_ON_NODE: "1", SLURM_JOB_GPUS: "0", STEP: "0" });
    expect(await gpuVariables(["-n1"])).toEqual({});
    const refused = await workspace.run(["sbatch", "--gpus=3", "--wrap", "true"], "c");
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain("Requested node configuration is not available");
  });
});

describe(`as the ordinary user ${ordinaryPerson().who}`, () => {
  beforeEach(() => {
    const { person } = ordinaryPerson();
    workspace = openWorkspace(person === undefined ? {} : { person });
  });

  test("a full cluster works with munge from create to destroy, and leaves nothing", async () => {
    await workspace.ok([
      "cluster",
      "create",
      "--name",
      "c",
      "--preset",
      "full",
      "--with-registry",
      "--start",
      "--quiet",
    ]);
    const record = workspace.record("c");
    const { stdout } = await workspace.run(["scontrol", "show", "config"], "c");
    expect(stdout).toMatch(/^AuthType +=? *auth\/munge$/m);
    const who = await workspace.run(["srun", "-N2", "sh", "-c", "id -un; echo $SLURMD_NODENAME"], "c");
    expect(who.stdout.split("\n").filter(Boolean).sort()).toEqual(
      ["cpu-0", "cpu-1", ordinaryPerson().who, ordinaryPerson().who].sort(),
    );
    await workspace.run(["sbatch", "-Q", "--wrap", "env -i setsid sleep 1000 & sleep 1000"], "c");
    await workspace.ok(["cluster", "node", "cpu-0", "restart", "--name", "c", "--quiet"]);
    await workspace.ok(["cluster", "stop", "--name", "c", "--quiet"]);
    expect(tracesOf(workspace, [record])).toMatchObject({ processes: [], ports: [] });
    await workspace.ok(["cluster", "start", "--name", "c", "--quiet"]);
    expect((await workspace.run(["srun", "-N2", "true"], "c")).code).toBe(0);
    await workspace.ok(["cluster", "destroy", "--name", "c", "--quiet"]);
    expect(tracesOf(workspace, [record])).toEqual(nothing);
  });

  test("without munge a cluster of one user works by auth/none, and says what that means", async () => {
    const [node = ""] = workspace.command.slice(-2);
    const script = join(workspace.sources, "test/hygiene/without-munge.ts");
    const made = await workspace.run([node, script, String(workspace.sshPort())]);
    expect(made.stderr).toBe("");
    expect(JSON.parse(made.stdout)).toMatchObject({
      auth: "none",
      notes: expect.arrayContaining([expect.stringContaining("munge is not installed, so the cluster uses auth/none")]),
    });
    const record = workspace.record("c");
    expect(record.daemons.map(({ name }) => name).sort()).toEqual(["slurm", "slurmctld", "sshd"]);
    expect((await workspace.run(["scontrol", "show", "config"], "c")).stdout).toMatch(/^AuthType +=? *auth\/none$/m);
    expect(await gpuVariables(["--gpus=2"])).toEqual(ofSlurm);
    await workspace.ok(["cluster", "stop", "--name", "c", "--quiet"]);
    await workspace.ok(["cluster", "start", "--name", "c", "--quiet"]);
    expect((await workspace.run(["srun", "id", "-un"], "c")).stdout).toBe(`${ordinaryPerson().who}\n`);
    await workspace.ok(["cluster", "destroy", "--name", "c", "--quiet"]);
    expect(tracesOf(workspace, [record])).toEqual(nothing);
  });

  test("accounting and REST work", { timeout: 120_000 }, async () => {
    await workspace.ok(["cluster", "create", "--name", "c", "--with-accounting", "--with-rest", "--start", "--quiet"]);
    const record = workspace.record("c");
    await workspace.run(["srun", "--job-name=counted", "true"], "c");
    const row = await eventually("sacct to know the job's end", async () => {
      const { stdout } = await workspace.run(["sacct", "-X", "-n", "-P", "-o", "JobName,State,User"], "c");
      return stdout.includes("COMPLETED") ? stdout.trim() : undefined;
    });
    expect(row).toBe(`counted|COMPLETED|${ordinaryPerson().who}`);
    expect(await ping(join(record.run, "rest.sock"))).toMatchObject({ pings: [{ ping: "UP" }], errors: [] });
    await workspace.ok(["cluster", "destroy", "--name", "c", "--quiet"]);
    expect(tracesOf(workspace, [record])).toEqual(nothing);
  });

  test("ssh lets in, or says why it cannot", async () => {
    await workspace.ok(["cluster", "create", "--name", "c", "--start", "--quiet"]);
    const { code, stdout, stderr } = await workspace.sluice(["cluster", "ssh", "--name", "c", "--", "id -un"]);
    // sshd keeps out an account that is locked, and the shell of one that is nobody's refuses to start.
    const answers: Readonly<Record<number, RegExp>> = {
      0: new RegExp(`^${ordinaryPerson().who}$`, "m"),
      1: /This account is currently not available/,
      255: /sluice cluster logs sshd --name c/,
    };
    expect(stdout + stderr).toMatch(answers[code] ?? /^the exit code is none of these$/);
    const logs = await workspace.ok(["cluster", "logs", "sshd", "--name", "c"]);
    expect(logs).toMatch(code === 255 ? /not allowed because account is locked/ : /Accepted publickey/);
  });
});

function ping(socketPath: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path: "/slurm/v0.0.38/ping", headers: { host: "localhost" } }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.once("end", () => resolve(JSON.parse(body)));
    })
      .once("error", reject)
      .end();
  });
}
