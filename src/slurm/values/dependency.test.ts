import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dependencyKinds, dependencyStatuses, formatDependency, parseDependency } from "./dependency.ts";
import { describeValueReader } from "./value-reader.contract.ts";

describeValueReader("parseDependency", parseDependency, "afterok:12_[]*,?+()3-");

describe("parseDependency", () => {
  test.each([
    ["afterok:1", [{ kind: "afterok", job: 1 }]],
    [
      "afterok:1:2,afterany:3",
      [
        { kind: "afterok", job: 1 },
        { kind: "afterok", job: 2 },
        { kind: "afterany", job: 3 },
      ],
    ],
    ["AfterNotOK:1", [{ kind: "afternotok", job: 1 }]],
    ["after:5+10", [{ kind: "after", job: 5, delayMinutes: 10 }]],
    [
      "after:5+10:6",
      [
        { kind: "after", job: 5, delayMinutes: 10 },
        { kind: "after", job: 6 },
      ],
    ],
    ["aftercorr:7", [{ kind: "aftercorr", job: 7 }]],
    ["afterburstbuffer:7", [{ kind: "afterburstbuffer", job: 7 }]],
    ["expand:7", [{ kind: "expand", job: 7 }]],
    ["singleton", [{ kind: "singleton" }]],
    ["singleton,afterok:1", [{ kind: "singleton" }, { kind: "afterok", job: 1 }]],
    [
      "7,8",
      [
        { kind: "afterany", job: 7 },
        { kind: "afterany", job: 8 },
      ],
    ],
    ["afterok:7_1", [{ kind: "afterok", job: 7, task: 1 }]],
    ["afterok:7_*", [{ kind: "afterok", job: 7, task: "all" }]],
    [
      "afterok:7_[1,3]",
      [
        { kind: "afterok", job: 7, task: 1 },
        { kind: "afterok", job: 7, task: 3 },
      ],
    ],
    ["afterok: 7", [{ kind: "afterok", job: 7 }]],
  ])("reads %s as conditions that must all hold", (text, terms) => {
    expect(parseDependency(text)).toEqual({ needs: "all", terms });
  });

  test("reads conditions of which any one is enough", () => {
    expect(parseDependency("afterok:1?afterok:2_[1,3]")).toEqual({
      needs: "any",
      terms: [
        { kind: "afterok", job: 1 },
        { kind: "afterok", job: 2, task: 1 },
        { kind: "afterok", job: 2, task: 3 },
      ],
    });
  });

  test("reads what squeue and scontrol print", () => {
    expect(parseDependency("afterok:12(unfulfilled),aftercorr:4_*(failed),after:3+5(fulfilled)")).toEqual({
      needs: "all",
      terms: [
        { kind: "afterok", job: 12, status: "unfulfilled" },
        { kind: "aftercorr", job: 4, task: "all", status: "failed" },
        { kind: "after", job: 3, delayMinutes: 5, status: "fulfilled" },
      ],
    });
    expect(parseDependency("singleton(unfulfilled)").terms).toEqual([{ kind: "singleton", status: "unfulfilled" }]);
  });

  test.each(["", "0", "(null)"])("takes %j for no dependency", (text) => {
    expect(parseDependency(text)).toEqual({ needs: "all", terms: [] });
  });

  test.each(
    ["afterok", "foo:1", "none", "singleton:1", "afterok:1,", ",afterok:1", "afterok:1??afterany:2", "bb:1"].concat([
      "singleton:",
      "afterok:1;afterany:2 x",
      "afterok:1?",
    ]),
  )("refuses %s", (text) => {
    expect(() => parseDependency(text)).toThrow(/^dependency .*write as in afterok:12:13/);
  });

  test.each(
    ["afterok:", "afterok:x", "afterok:0", "afterok:-1", "afterok:1:", "after:1+", "after:1+0", "after:1+x"].concat([
      "after:1+1:00",
      "1:2",
      "afterok:1.0",
      "afterok:1@c",
      "after:1-5",
      "afterok:1 ,afterany:2",
      "afterok:1_[1-2%3]",
    ]),
  )("refuses %s, where a job should stand", (text) => {
    expect(() => parseDependency(text)).toThrow(/names no job|is no condition/);
  });

  test("refuses a mixture of both separators, which sbatch would take for any of all", () => {
    expect(() => parseDependency("afterok:1,afterok:2?afterok:3")).toThrow(/"," and "\?" are mixed; use one of them/);
  });

  test("refuses a status that Slurm does not print", () => {
    expect(() => parseDependency("afterok:1(done)")).toThrow(/\(done\) is no status/);
  });

  test.each(["afterok:1_[0-999999]", `afterok${":1_[0-999]".repeat(10_000)}`, `afterok${":1".repeat(10_001)}`])(
    "refuses more conditions than slurmctld should look up: %$",
    (text) => {
      expect(() => parseDependency(text)).toThrow(expect.objectContaining({ code: "LIMIT_EXCEEDED" }));
    },
  );

  test("reads back what formatDependency wrote", () => {
    const job = fc.integer({ min: 1, max: 4_000_000_000 });
    const kind = fc.constantFrom(...dependencyKinds.filter((name) => name !== "singleton"));
    const term = fc.record(
      {
        kind,
        job,
        task: fc.oneof(fc.nat(9999), fc.constant("all" as const)),
        delayMinutes: fc.integer({ min: 1, max: 99_999 }),
        status: fc.constantFrom(...dependencyStatuses),
      },
      { requiredKeys: ["kind", "job"] },
    );
    const terms = fc.array(fc.oneof(term, fc.constant({ kind: "singleton" as const })), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(terms, fc.constantFrom("all", "any"), (list, needs) => {
        expect(parseDependency(formatDependency({ needs, terms: list }))).toEqual({ needs, terms: list });
      }),
    );
  });
});
