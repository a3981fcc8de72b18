import { describe, expect, test } from "vitest";
import { z } from "zod";
import { mergeOptions } from "../batch/merge-options.ts";
import { parseArguments } from "../batch/parse-arguments.ts";
import { batchOptions } from "../batch/option-table.ts";
import { readRestSubmission, writeRestSubmission } from "./rest-submission.ts";
import { newestVersion, restVersion, restVersions, type RestVersion } from "./rest-version.ts";

const Body = z.object({ script: z.string().optional(), job: z.record(z.string(), z.unknown()) });

function versionOf(name: string): RestVersion {
  const version = restVersion(name);
  if (version === undefined) throw new Error(`no version ${name}`);
  return version;
}

function write(name: string, ...words: readonly string[]): ReturnType<typeof writeRestSubmission> {
  return writeRestSubmission(versionOf(name), {
    script: "#!/bin/sh\n",
    argv: ["/f/script", "a b"],
    workDirectory: "/w",
    environment: { PATH: "/bin", TEXT: "a=b\nc" },
    options: mergeOptions({ commandLine: parseArguments(words).components[0] }),
  });
}

function jobOf(name: string, ...words: readonly string[]): Record<string, unknown> {
  const written = write(name, ...words);
  if ("unsaid" in written) throw new Error(`unsaid: ${written.unsaid.join()}`);
  return Body.parse(JSON.parse(written.body)).job;
}

describe("what a job is submitted with", () => {
  test("v0.0.38 takes the words of sbatch, the environment as an object, and no argv", () => {
    const written = write("v0.0.38", "--time=5", "--mem=1G", "--hold", "--gpus=2", "--nice");
    expect("body" in written && JSON.parse(written.body)).toEqual({
      script: "#!/bin/sh\n",
      job: {
        current_working_directory: "/w",
        environment: { PATH: "/bin", TEXT: "a=b\nc", SLURM_GPUS: "2" },
        time_limit: "5",
        memory_per_node: "1G",
        hold: true,
        gpus: "2",
        nice: "100",
      },
    });
  });

  test("newer versions take typed fields, the script among them", () => {
    const written = write("v0.0.41", "--time=1:30:30", "--mem=1G", "--hold", "--gpus=fake:2", "--nodes=1-3", "-n4");
    expect("body" in written && JSON.parse(written.body)).toEqual({
      job: {
        script: "#!/bin/sh\n",
        argv: ["/f/script", "a b"],
        current_working_directory: "/w",
        environment: ["PATH=/bin", "TEXT=a=b\nc", "SLURM_GPUS=fake:2", "SLURM_NTASKS=4", "SLURM_NPROCS=4"],
        time_limit: { set: true, infinite: false, number: 91 },
        memory_per_node: { set: true, infinite: false, number: 1024 },
        hold: true,
        tres_per_job: "gres/gpu:fake:2",
        minimum_nodes: 1,
        maximum_nodes: 3,
        tasks: 4,
      },
    });
  });

  test("from 24.11 what sbatch of that release adds is added", () => {
    const job = jobOf("v0.0.42", "--cpus-per-task=2");
    expect(job).toMatchObject({ cpus_per_task: 2, tres_per_task: "cpu=2" });
    expect(job["environment"]).toEqual(
      expect.arrayContaining(["SLURM_CPUS_PER_TASK=2", "SLURM_TRES_PER_TASK=cpu=2", "HYDRA_BOOTSTRAP=slurm"]),
    );
    expect(jobOf("v0.0.40", "--cpus-per-task=2")).not.toHaveProperty("tres_per_task");
  });

  test.each([
    ["v0.0.42", "--time=UNLIMITED", { time_limit: { set: true, infinite: true, number: 0 } }],
    ["v0.0.42", "--gres=gpu:2,lic", { tres_per_node: "gres/gpu:2,gres/lic" }],
    ["v0.0.42", "--exclusive", { shared: ["none"] }],
    ["v0.0.42", "--exclusive=user", { shared: ["user"] }],
    ["v0.0.42", "--no-requeue", { requeue: false }],
    ["v0.0.42", "--nodelist=cpu-[0-1]", { required_nodes: ["cpu-[0-1]"] }],
    ["v0.0.38", "--exclusive", { exclusive: "exclusive" }],
  ])("%s: %s", (version, word, fields) => {
    expect(jobOf(version, word)).toMatchObject(fields);
  });

  test.each([
    ["v0.0.38", ["--nodes=2"], ["nodes"]],
    ["v0.0.38", ["--licenses="], ["licenses"]],
    ["v0.0.39", ["--exclusive"], ["exclusive"]],
    ["v0.0.42", ["--nodelist=/a/file"], ["nodelist"]],
    ["v0.0.42", ["--nodes=1,3"], ["nodes"]],
    ["v0.0.42", ["--gres=gpu:1", "--gpus-per-node=1"], ["gpus-per-node"]],
    ["v0.0.42", ["--begin=now", "--priority=TOP"], ["begin", "priority"]],
  ])("%s leaves %j to sbatch", (version, words, unsaid) => {
    expect(write(version, ...words)).toEqual({ unsaid });
  });

  test("an option is said or left to sbatch, in every version, and never dropped", () => {
    const silent = new Set(["chdir", "ignore-pbs", "parsable", "quiet", "verbose", "wait"]);
    for (const { name: version } of restVersions) {
      for (const option of batchOptions) {
        if (silent.has(option.name)) continue;
        const value = option.takes === "nothing" ? undefined : (option.choices?.[0] ?? "1");
        const written = writeRestSubmission(versionOf(version), {
          script: "",
          argv: ["/f/script"],
          workDirectory: "/w",
          environment: {},
          options: [{ option, ...(value !== undefined && { value }) }],
        });
        const said = "body" in written ? Object.keys(Body.parse(JSON.parse(written.body)).job) : [];
        const own = said.filter((key) => !["current_working_directory", "environment", "argv", "script"].includes(key));
        expect("unsaid" in written || own.length > 0, `${version} --${option.name}`).toBe(true);
      }
    }
  });
});

describe("what is answered", () => {
  const answer = (text: string, status = 200): string =>
    readRestSubmission({ request: "POST job/submit", status, text });

  test("the id of a job, held or not, as 22.05 and 24.11 gave it", () => {
    expect(answer('{"errors":[],"job_id":5,"step_id":"BATCH","job_submit_user_msg":""}')).toBe("5");
    const held = "Job is in held state, pending scheduler release";
    expect(answer(`{"errors":[{"error_code":2042,"error":"${held}"}],"job_id":6,"step_id":"BATCH"}`)).toBe("6");
    expect(answer(`{"job_id":7,"step_id":"batch","errors":[],"warnings":[{"description":"${held}"}]}`)).toBe("7");
  });

  test("a refusal in Slurm's own words", () => {
    expect(() => answer('{"errors":[{"error_code":2000,"error":"Invalid partition name specified"}]}', 500)).toThrow(
      expect.objectContaining({ code: "SUBMIT_REJECTED", message: expect.stringContaining("Invalid partition name") }),
    );
    const parsing =
      '{"errors":[{"description":"Unable to process key \\"time_limit\\"","error_number":-1,"error":"Unspecified error"}]}';
    expect(() => answer(parsing, 400)).toThrow(expect.objectContaining({ code: "SUBMIT_REJECTED" }));
  });
});

test("of the paths of an OpenAPI document the newest version that Sluice speaks counts", () => {
  expect(newestVersion('{"paths":{"\\/slurm\\/v0.0.38\\/ping":{},"\\/slurm\\/v0.0.37\\/ping":{}}}')?.name).toBe(
    "v0.0.38",
  );
  expect(newestVersion('{"/slurm/v0.0.41/jobs/":{},"/slurm/v0.0.42/jobs/":{},"/slurm/v0.0.99/jobs/":{}}')?.name).toBe(
    "v0.0.42",
  );
  expect(newestVersion('{"/slurmdb/v0.0.42/jobs/":{},"/slurm/v0.0.37/":{}}')).toBeUndefined();
});
