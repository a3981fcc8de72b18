import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { writeChanges } from "./environment-file.ts";

const PATH = "/usr/bin:/bin";

/** The environment that a program finds after a shell has read the text. */
function afterReading(text: string, from: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const found = execFileSync("sh", ["-c", 'eval "$1"; exec env -0', "sh", text], { env: from, encoding: "utf8" });
  const pairs = found.split("\0").flatMap((pair): [string, string][] => {
    const at = pair.indexOf("=");
    return at === -1 || /^(?:PWD|OLDPWD|SHLVL|_)$/.test(pair.slice(0, at))
      ? []
      : [[pair.slice(0, at), pair.slice(at + 1)]];
  });
  return Object.fromEntries(pairs);
}

test("a shell that reads the changes has the other environment, whatever the values hold", () => {
  const value = fc
    .string({ unit: "binary" })
    .filter((text) => !text.includes("\0") && Buffer.from(text).toString() === text);
  const environment = fc.dictionary(fc.constantFrom("A", "b_1", "IFS", "LANG", "TZ", "SBATCH_EXPORT"), value);
  fc.assert(
    fc.property(environment, environment, (one, other) => {
      const [from, to] = [
        { ...one, PATH },
        { ...other, PATH },
      ];
      expect(afterReading(writeChanges(from, to) ?? "", from)).toEqual(to);
    }),
    { numRuns: 50, examples: [[{ IFS: "x" }, { IFS: "x" }]] },
  );
});

test("nothing is written where nothing differs that a shell and sbatch leave to others", () => {
  const from = { A: "1", PWD: "/a", SHLVL: "1", "BASH_FUNC_f%%": "x", SLURM_JOB_ID: "1", UID: "0", _: "a" };
  const to = { A: "1", PWD: "/b", OLDPWD: "/", "BASH_FUNC_g%%": "x", SBATCH_WAIT: "yes", SLURM_NTASKS: "2" };
  expect(writeChanges(from, to)).toBeUndefined();
  expect(writeChanges(from, { ...to, A: "2", B: "" })).toBe("export A=2\nexport B=''\n");
  expect(writeChanges(from, {})).toBe("unset A\n");
});
