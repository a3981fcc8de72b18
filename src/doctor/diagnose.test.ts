import { expect, test } from "vitest";
import { diagnose } from "./diagnose.ts";
import type { Host } from "./host.ts";
import { probes } from "./probes.ts";
import { DoctorReport } from "./report.ts";

const never = new AbortController().signal;

/** A machine on which nothing is installed. */
const bare: Host = {
  platform: "linux",
  nodeVersion: "v24.0.0",
  uid: 1000,
  userName: "ada",
  find: async () => undefined,
  run: async () => ({ stdout: "", stderr: "not found", exitCode: 127 }),
  start: () => {
    throw new Error("nothing to start");
  },
  readText: async (path) => (path === "/etc/os-release" ? "ID=ubuntu\nID_LIKE=debian\n" : ""),
  isWritable: async () => false,
  isFree: async () => true,
  temporaryFolder: () => Promise.reject(new Error("nothing to keep")),
};

test("a bare machine gets every row, and each needed lack a remedy", async () => {
  const report = await diagnose({ host: bare, probes }, never);
  expect(DoctorReport.parse(report)).toEqual(report);
  expect(report.nativeCluster).toBe(false);
  const lacks = report.checks.filter(({ needed, status }) => needed && status === "missing");
  expect(lacks.map(({ id }) => id)).toContain("slurm.slurmctld");
  expect(lacks.filter(({ remedy }) => remedy === undefined)).toEqual([]);
});

test("ids of checks are unique", async () => {
  const ids = (await diagnose({ host: bare, probes }, never)).checks.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeGreaterThan(probes.kinds.length);
});
