import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { startServing, type Serving } from "../../test/serving.ts";
import { readConfig } from "../config.ts";

const execute = promisify(execFile);
const main = fileURLToPath(new URL("./main.ts", import.meta.url));

let folder: string;
let serving: Serving;
let base: Readonly<Record<string, string>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "caller-"));
  const slurmConf = inject("slurmConf");
  base = { ...readConfig().environment, SLURM_CONF: slurmConf, SLUICE_HOME: join(folder, "home"), PWD: folder };
  const env = {
    ...base,
    WHOSE: "the server's",
    SERVER_ALONE: "1",
    SBATCH_COMMENT: "the server's",
    SBATCH_EXPORT: "SERVER_ALONE",
    SLURM_JOB_NAME: "outer",
  };
  serving = await startServing({ cwd: folder, env });
  const { token, url } = serving;
  // It has the lease once it has looked at the cluster.
  const headers = { authorization: `Bearer ${token}` };
  const isUp = async (): Promise<boolean> =>
    (await (await fetch(`${url}/v1/clusters`, { headers })).text()).includes('"up"');
  await vi.waitUntil(isUp, { timeout: 60_000, interval: 50 });
}, 90_000);
afterAll(async () => {
  await serving[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const caller = {
  WHOSE: "the caller's",
  CALLER_ALONE: 'it\'s $(x)\n`y` "z" \\ é',
  EMPTY: "",
  LC_TIME: "C",
  "BASH_FUNC_f%%": "() { :; }",
};

/** Differences between any two jobs, and what tells that a job came by way of Sluice. */
const ofEachJob =
  /^(?:SLURM_JOB_ID|SLURM_JOBID|SLURM_TASK_PID|SLURM_JOB_START_TIME|SLURM_JOB_END_TIME|SLURM_GTIDS|SHLVL|_|OLDPWD|BASH_FUNC_f%%)$/;

function variablesOf(text: string): Readonly<Record<string, string>> {
  const entries = text.split("\0").flatMap((line): [string, string][] => {
    const [, name = "", value = ""] = /^([^=]+)=(.*)$/s.exec(line) ?? [];
    return name === "" || ofEachJob.test(name) ? [] : [[name, value]];
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe("a job of `sluice run` that another process hands to Slurm has the variables of one that its user submits", () => {
  test.for<{ options: readonly string[]; lines?: string; env?: Readonly<Record<string, string>>; sees: object }>([
    { options: [], sees: { ...caller, SERVER_ALONE: undefined, "BASH_FUNC_f%%": undefined } },
    { options: ["--export=ALL,WHOSE=the job,X=1"], sees: { WHOSE: "the job", X: "1", EMPTY: "" } },
    { options: ["--export=WHOSE,X=1"], sees: { WHOSE: "the caller's", X: "1", EMPTY: undefined } },
    { options: ["--export=NONE"], sees: { WHOSE: undefined, EMPTY: undefined } },
    { options: ["--export=NIL"], sees: { WHOSE: undefined, EMPTY: undefined } },
    { options: [], lines: "#SBATCH --export=EMPTY\n", sees: { WHOSE: undefined, EMPTY: "" } },
    { options: [], env: { SBATCH_EXPORT: "WHOSE" }, sees: { WHOSE: "the caller's", EMPTY: undefined } },
    {
      options: [],
      lines: "#SBATCH --partition=cpu\n",
      env: { SBATCH_PARTITION: "gpu" },
      sees: { SLURM_JOB_PARTITION: "gpu" },
    },
    { options: ["--partition=cpu"], env: { SBATCH_PARTITION: "gpu" }, sees: { SLURM_JOB_PARTITION: "cpu" } },
  ])("$options, script $lines, environment $env", { timeout: 90_000 }, async ({ options, lines = "", env, sees }) => {
    const script = join(folder, "job.sh");
    await writeFile(script, `#!/bin/sh\n${lines}exec env -0\n`, { mode: 0o700 });
    const output = join(folder, "out");
    const asCaller = { cwd: folder, env: { ...base, ...caller, ...env } };
    const [{ stdout }] = await Promise.all([
      execute(process.execPath, [main, "run", "--quiet", "-J", "name", ...options, script], asCaller),
      execute("sbatch", ["--wait", "-J", "name", `--output=${output}`, ...options, script], asCaller),
    ]);
    const seen = variablesOf(stdout);
    const expected = variablesOf(await readFile(output, "utf8"));
    expect(seen).toEqual(expected);
    for (const [name, value] of Object.entries(sees)) expect([name, seen[name]]).toEqual([name, value]);
  });

  test("and what makes them so is for the user's eyes alone, and in no answer", { timeout: 90_000 }, async () => {
    const asCaller = { cwd: folder, env: { ...base, ...caller } };
    const args = [main, "run", "--quiet", "--json", "--keep", "--", "true"];
    const { stdout } = await execute(process.execPath, args, asCaller);
    const { jobId, directory }: { jobId: string; directory: string } = JSON.parse(stdout);
    const file = join(directory, "submitter-environment");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, "utf8")).toContain("unset SERVER_ALONE\n");
    const shown = await execute(process.execPath, [main, "job", jobId, "--json"], asCaller);
    expect(shown.stdout).toContain(jobId);
    expect(shown.stdout + serving.said()).not.toContain("CALLER_ALONE");
  });
});
