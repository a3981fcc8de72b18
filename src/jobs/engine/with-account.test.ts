import { describe, expect, test } from "vitest";
import type { Submission } from "../../schema/stored-job.ts";
import type { RunAs } from "../run-as.ts";
import { withAccount } from "./with-account.ts";

const physics = { accounts: ["physics", "astro"] } as const satisfies RunAs;

function submission(header: string, options: readonly string[] = []): Submission {
  const script = Buffer.from(`#!/bin/sh\n${header}\ntrue\n`).toString("base64");
  return { script, args: ["--account=chemistry"], options, environment: { SBATCH_ACCOUNT: "chemistry" } };
}

describe("a job's account", () => {
  test.each<readonly [string, string, readonly string[], string]>([
    ["none, so the owner's first", "", [], "--account=physics"],
    ["one of the script", "#SBATCH -A astro", [], "--account=astro"],
    ["one of the options", "#SBATCH -Aphysics", ["--account=astro"], "--account=astro"],
    ["one for all parts", "#SBATCH -Aastro\n#SBATCH hetjob\n#SBATCH -n2 -A astro", [], "--account=astro"],
  ])("is %s, and stands last on the command line", (_, header, options, expected) => {
    expect(withAccount(submission(header, options), physics).options.at(-1)).toBe(expected);
  });

  test.each<readonly [string, string, readonly string[]]>([
    ["in the script", "#SBATCH --account chemistry", []],
    ["in an abbreviation", "#SBATCH --acco=chemistry", []],
    ["in the options", "", ["--account=chemistry"]],
    ["with an account of its own before it", "#SBATCH -A physics", ["--account=chemistry"]],
    ["in a later part", "#SBATCH -A physics\n#SBATCH hetjob\n#SBATCH -A chemistry", []],
    ["as no account", "", ["--account="]],
    ["as several", "", ["--account=physics,chemistry"]],
    ["as other parts than the first", "#SBATCH -n1\n#SBATCH hetjob\n#SBATCH -A astro", []],
  ])("that the owner may not use is refused: %s", (_, header, options) => {
    expect(() => withAccount(submission(header, options), physics)).toThrow(
      expect.objectContaining({ code: "FORBIDDEN", message: expect.stringMatching(/^--account .*(physics|astro)/) }),
    );
  });

  test("is Slurm's affair where nothing is said of it", () => {
    const job = submission("#SBATCH -A chemistry");
    expect(withAccount(job, {})).toBe(job);
    expect(withAccount(job, { user: "ada" })).toBe(job);
  });
});

test.each(["--uid=root", "--gid=0"])("a mapped owner's job cannot ask for another with %s", (option) => {
  for (const job of [submission("", [option]), submission(`#SBATCH ${option}`)]) {
    expect(() => withAccount(job, { user: "ada" })).toThrow(expect.objectContaining({ code: "FORBIDDEN" }));
  }
});
