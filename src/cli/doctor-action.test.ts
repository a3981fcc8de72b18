import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { DoctorReport } from "../doctor/report.ts";
import { answer } from "./doctor-action.ts";
import type { Io } from "./io.ts";

const lacking: DoctorReport = {
  nativeCluster: false,
  checks: [
    {
      id: "a",
      title: "slurmctld",
      status: "missing",
      needed: true,
      found: "not found",
      why: "control",
      remedy: "install it",
    },
    { id: "b", title: "port 2222", status: "warn", needed: false, found: "busy", why: "ssh", remedy: "nothing to do" },
    { id: "c", title: "Node", status: "ok", needed: true, found: "v24.0.0", why: "runs Sluice" },
  ],
};

function recorder(): { readonly io: Io; readonly printed: () => string } {
  let printed = "";
  const io: Io = {
    out: (chunk) => void (printed += String(chunk)),
    err: () => {},
    drained: async () => {},
    stdin: Readable.from([]),
    isTTY: false,
    errIsTTY: false,
    stdinIsTTY: false,
    columns: 80,
  };
  return { io, printed: () => printed };
}

test("a lack that counts ends with 69, and each remedy stands below its line", () => {
  const { io, printed } = recorder();
  expect(answer({ io }, {}, lacking)).toBe(69);
  expect(printed().split("\n")).toEqual([
    "missing  slurmctld  not found  control",
    "         needed: install it",
    "warn     port 2222  busy       ssh",
    "         optional: nothing to do",
    "ok       Node       v24.0.0    runs Sluice",
    "",
    expect.stringMatching(/^A native test cluster cannot run here yet/),
    "",
  ]);
});

test("--json prints the report and nothing else, and a machine that can ends with 0", () => {
  const { io, printed } = recorder();
  const able = { ...lacking, nativeCluster: true };
  expect(answer({ io }, { json: true }, able)).toBe(0);
  expect(DoctorReport.parse(JSON.parse(printed()))).toEqual(able);
});
