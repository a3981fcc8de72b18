import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseTaskList } from "./array-spec.ts";
import { formatJobId, namedSteps, parseJobId } from "./job-id.ts";
import { describeValueReader } from "./value-reader.contract.ts";

describeValueReader("parseJobId", parseJobId, "0123456789_+.;[]%,-ab");

describe("parseJobId", () => {
  test.each([
    ["12", { job: 12 }],
    ["12_3", { job: 12, task: 3 }],
    ["12_0", { job: 12, task: 0 }],
    ["12_[0-99%10]", { job: 12, tasks: "0-99%10" }],
    ["12_[1,3-9:2%4]", { job: 12, tasks: "1,3-9:2%4" }],
    ["12_[1,3,5,...]", { job: 12, tasks: "1,3,5,..." }],
    ["12+1", { job: 12, component: 1 }],
    ["12;cluster-a", { job: 12, cluster: "cluster-a" }],
    ["12.0", { job: 12, step: 0 }],
    ["12.batch", { job: 12, step: "batch" }],
    ["12.extern", { job: 12, step: "extern" }],
    ["12.interactive", { job: 12, step: "interactive" }],
    ["12_3.batch", { job: 12, task: 3, step: "batch" }],
    ["12+1.0", { job: 12, component: 1, step: 0 }],
    ["12.0+1", { job: 12, step: 0, stepComponent: 1 }],
  ])("reads %s, and formatJobId writes it back", (text, id) => {
    expect(parseJobId(text)).toEqual(id);
    expect(formatJobId(parseJobId(text))).toBe(text);
  });

  test.each([
    "",
    "0",
    "x",
    "-1",
    "12_",
    "12_[",
    "12_[]",
    "12_x",
    "12+",
    "12;",
    "12.",
    "12.foo",
    " 12",
    "12\n",
    "12 13",
  ])("refuses %j", (text) => {
    expect(() => parseJobId(text)).toThrow(/^job id .*not a job id; give it as squeue shows it/);
  });

  test.each([
    ["197_[1,3,5,7,9,11,13,15,17,19,2", "1,3,5,7,9,11,13,15,17,19,2..."],
    ["12_[1,3,.", "1,3,..."],
    ["12_[1,3%", "1,3..."],
  ])("marks the tasks of %s, which squeue cut, as cut", (text, tasks) => {
    expect(parseJobId(text)).toEqual({ job: Number(text.split("_")[0]), tasks });
    expect(parseTaskList(tasks).isTruncated).toBe(true);
  });

  test("refuses numbers beyond Slurm's 32 bits", () => {
    expect(parseJobId("4294967293").job).toBe(4_294_967_293);
    expect(() => parseJobId("4294967294")).toThrow(/a number is too large/);
    expect(() => parseJobId("12_4294967294")).toThrow(/a number is too large/);
  });

  test("reads back what formatJobId wrote, for every kind of id", () => {
    const number = fc.nat({ max: 99_999_999 });
    const part = fc.oneof(
      fc.constant({}),
      fc.record({ task: number }),
      fc.record({ component: number }),
      fc.constantFrom({ tasks: "0-9" }, { tasks: "1,5-7%2" }),
    );
    const step = fc.oneof(
      fc.constant({}),
      fc.record({ step: fc.oneof(number, fc.constantFrom(...namedSteps)) }),
      fc.record({ step: number, stepComponent: number }),
    );
    const cluster = fc.oneof(fc.constant({}), fc.record({ cluster: fc.stringMatching(/^[a-z][\w.-]{0,9}$/) }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4_294_967_293 }), part, step, cluster, (job, ...parts) => {
        const id = Object.assign({ job }, ...parts);
        expect(parseJobId(formatJobId(id))).toEqual(id);
      }),
    );
  });
});
