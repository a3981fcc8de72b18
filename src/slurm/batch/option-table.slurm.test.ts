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

describe("parts of heterogeneous jobs against real sbatch", () => {
  /** Of these `--verbose` does not tell, or (nodefile) their value must be a file with nodes in it. */
  const unlisted = new Set([
    "help",
    "usage",
    "version",
    "wrap",
    "quiet",
    "verbose",
    "parsable",
    "test-only",
    "ignore-pbs",
    "nodefile",
  ]);
  const sample: Readonly<Record<string, string>> = {
    "node-range": "1",
    duration: "5",
    memory: "100",
    count: "1",
    quantity: "1",
    array: "1-2",
    dependency: "singleton",
    hostlist: "cpu-0",
    time: "now+1hour",
    signal: "USR1",
    integer: "5",
    text: "x",
  };
  const special: Readonly<Record<string, string>> = {
    clusters: "bare",
    uid: "65534",
    gid: "65534",
    bbf: "/dev/null",
    "export-file": "/dev/null",
    power: "level",
    distribution: "block",
    "mem-bind": "local",
    "cpu-freq": "high",
    "gpu-bind": "closest",
    "gpu-freq": "high",
    propagate: "CORE",
    "get-user-env": "5L",
  };

  test("a part takes over the options that the table says it does", async () => {
    const told = new Map<string, number>();
    const queue = options.filter(({ name }) => !unlisted.has(name)).values();
    const worker = async (): Promise<void> => {
      for (const { name, takes, type = "text", choices } of queue) {
        const value = special[name] ?? choices?.[0] ?? sample[type] ?? "1";
        const directive = takes === "nothing" ? `--${name}` : `--${name}=${value}`;
        const script = `#!/bin/sh\n#SBATCH ${directive}\n#SBATCH hetjob\n#SBATCH -H\ntrue\n`;
        const { stderr } = await oracle.runScript(["--verbose", "--test-only"], script);
        told.set(name, stderr.split("\n").filter((line) => line.startsWith(`sbatch: ${name} `)).length);
      }
    };
    await Promise.all(Array.from({ length: 4 }, worker));
    const wrong = [...told].filter(([name, times]) => {
      const { perComponent = false } = options.find((option) => option.name === name) ?? {};
      return times !== (perComponent ? 1 : 2);
    });
    expect(wrong).toEqual([]);
  });
});
