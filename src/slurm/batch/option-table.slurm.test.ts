import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BatchOption } from "./batch-option.ts";
import { optionSet } from "./option-table.ts";
import { openSbatchOracle, type SbatchOracle } from "./sbatch.oracle.ts";

const { options, long } = optionSet({ release: "22.05" });
let oracle: SbatchOracle;

beforeAll(async () => {
  oracle = await openSbatchOracle();
});
afterAll(async () => {
  await oracle[Symbol.asyncDispose]();
});

/** sbatch's complaint about arguments that it cannot accept, whatever they mean. */
async function complaint(...argv: string[]): Promise<string> {
  const { stderr } = await oracle.run("sbatch", ["--test-only", ...argv]);
  return stderr.split("\n")[0] ?? "";
}

describe("the option table against real sbatch", () => {
  test("has the long names that sbatch has, no more and no fewer", async () => {
    // getopt_long finds every name to begin with nothing, and lists them all.
    const names = [...(await complaint("--=x")).matchAll(/'--([a-z-]+)'/g)].map((match) => match[1] ?? "");
    expect(names.length).toBeGreaterThan(100);
    const table = options.flatMap((option) => [option.name, ...(option.aliases ?? [])]);
    expect(table.toSorted()).toEqual(names.toSorted());
  });

  test("knows of each option whether it takes a value", async () => {
    const wrong: string[] = [];
    const check = async ({ name, takes }: BatchOption): Promise<void> => {
      const alone = await complaint(`--${name}`);
      const joined = await complaint(`--${name}=/`);
      const needs = alone.includes("requires an argument");
      const refuses = joined.includes("doesn't allow an argument");
      if (takes !== (needs ? "value" : refuses ? "nothing" : "optional")) wrong.push(name);
    };
    const queue = options.values();
    const worker = async (): Promise<void> => {
      for (const option of queue) await check(option);
    };
    await Promise.all(Array.from({ length: 4 }, worker));
    expect(wrong).toEqual([]);
  });

  test("has the short letters that sbatch has", async () => {
    const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".split("");
    const known = new Set<string>();
    for (const letter of letters) {
      if (!(await complaint(`-${letter}`)).includes("invalid option")) known.add(letter);
    }
    expect([...known].toSorted()).toEqual(options.flatMap((option) => option.short ?? []).toSorted());
  });

  test.each(["no", "node", "ntask", "clus", "par", "t", "exclu"])(
    "--%s is ambiguous between the same names",
    async (name) => {
      const names = [...(await complaint(`--${name}`)).matchAll(/'--([a-z-]+)'/g)].map((match) => match[1] ?? "");
      const match = long(name);
      const ours = match !== undefined && "ambiguous" in match ? match.ambiguous : [];
      // The first name in sbatch's sentence is what was asked for.
      expect(ours.toSorted()).toEqual(names.slice(1).toSorted());
    },
  );
});
