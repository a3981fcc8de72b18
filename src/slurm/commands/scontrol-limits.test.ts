import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Command } from "../../schema/command.ts";
import { showLimits } from "./scontrol-assoc-mgr.ts";
import { showLicences } from "./scontrol-show-licenses.ts";
import { showReservations } from "./scontrol-show-reservations.ts";
import { ownsScript } from "./scontrol-write-script.ts";

/** As Slurm 22.05.8 with slurmdbd printed it. */
function parseFixture<T>(name: string, command: Command<T>): T {
  const stdout = readFileSync(new URL(`fixtures/${name}-22.05.txt`, import.meta.url), "utf8");
  return command.parse({ stdout, stderr: "", exitCode: 0 });
}

test("limits of an account and of its user are told apart, and those that are not set are left out", () => {
  const shown = parseFixture("show-assoc", showLimits({ account: "theory", user: "root" }));
  expect(shown).toMatchObject([
    { association: { account: "theory", parent: "physics" }, limits: [] },
    {
      association: { account: "theory", user: "root" },
      limits: [
        { key: "GrpTRESMins", tres: "cpu", limit: "100", used: expect.stringMatching(/^\d+$/) },
        { key: "MaxJobs", limit: "1", used: "2" },
      ],
    },
  ]);
  expect(shown[0]?.association).not.toHaveProperty("user");
});

test("limits of a QOS come with what each of its users has of them", () => {
  const [shown] = parseFixture("show-qos", showLimits({ qos: "short" }));
  expect(shown).toMatchObject({
    qos: "short",
    limits: [
      { key: "GrpJobs", limit: "3", used: "1" },
      { key: "MaxWallPJ", limit: "10" },
    ],
  });
  expect(shown?.perUser.get("0")).toEqual([
    { key: "MaxJobsPU", limit: "1", used: "1" },
    { key: "MaxTRESPU", tres: "cpu", limit: "1", used: "1" },
  ]);
  expect(shown?.perAccount.get("theory")).toEqual([]);
});

test("licences and reservations are read", () => {
  expect(parseFixture("show-licenses", showLicences())).toEqual([
    { name: "ansys", total: 5, used: 0, free: 5, reserved: 0 },
    { name: "matlab", total: 2, used: 0, free: 2, reserved: 0 },
  ]);
  expect(parseFixture("show-reservation", showReservations())).toEqual([
    {
      name: "upgrade",
      startTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      endTime: expect.stringMatching(/Z$/),
      nodes: "compute-[0-1]",
      flags: expect.arrayContaining(["MAINT", "IGNORE_JOBS"]),
      state: "INACTIVE",
    },
  ]);
  expect(showReservations().parse({ stdout: "No reservations in the system\n", stderr: "", exitCode: 0 })).toEqual([]);
});

test.for([
  ["job script retrieval failed: Invalid user id", false],
  ["job script retrieval failed: Access/permission denied", false],
  ["job script retrieval failed: Invalid job id specified", true],
] as const)("%s says whether a job is kept from the caller", ([stderr, isNotRefused]) => {
  expect(ownsScript("7").parse({ stdout: "", stderr, exitCode: 1 })).toBe(isNotRefused);
});

test("a slurmctld that does not answer says nothing of a job", () => {
  const stderr = "job script retrieval failed: Unable to contact slurm controller (connect failure)";
  expect(() => ownsScript("7").parse({ stdout: "", stderr, exitCode: 1 })).toThrow(
    expect.objectContaining({ code: "CLUSTER_UNREACHABLE" }),
  );
});
