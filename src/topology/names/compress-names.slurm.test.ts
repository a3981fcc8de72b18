import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { expect, inject, test } from "vitest";
import { nameList } from "./compress-names.ts";
import { expandNames } from "./expand-names.ts";

const env = { ...process.env, SLURM_CONF: inject("slurmConf") };

/** The names that Slurm itself reads in a list, with their repetitions. */
function readBySlurm(list: string): string[] {
  return execFileSync("scontrol", ["show", "hostnames", list], { env, encoding: "utf8" }).trim().split("\n");
}

/** Names as people number them: with zeros to one width, or without any. */
const name = fc
  .tuple(fc.constantFrom("n", "gpu-", "rack1-n", "a.b-"), fc.nat(120), fc.boolean())
  .map(([prefix, number, isPadded]) => `${prefix}${isPadded ? `p${String(number).padStart(3, "0")}` : number}`);

test("Slurm reads in a list of ranges the names that were compressed, and so do we", () => {
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 60 }), (names) => {
      const list = nameList(names);
      expect(readBySlurm(list).sort()).toEqual(names.toSorted());
      expect(readBySlurm(nameList(names, { ranges: false })).sort()).toEqual(names.toSorted());
    }),
    { numRuns: 15 },
  );
});

test.each(["n[1-3,5]", "[1101-1102]", "x[9-11]", "z[007-9]", "n[1,01]", "n[08,08,08-09]", "n[998-1002]", "abc"])(
  "Slurm reads %s as we do",
  (list) => {
    expect(readBySlurm(list)).toEqual(expandNames([list]));
  },
);
