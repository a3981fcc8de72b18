import { describe, expect, test } from "vitest";
import type { BatchOption } from "./batch-option.ts";
import { batchOptions, findOption, optionSet } from "./option-table.ts";
import { readScript } from "./read-script.ts";

const longNames = batchOptions.flatMap((option) => [option.name, ...(option.aliases ?? [])]);

describe("option table", () => {
  test("has every long name and alias once", () => {
    expect(longNames.filter((name, index) => longNames.indexOf(name) !== index)).toEqual([]);
  });

  test("has every short letter once", () => {
    const letters = batchOptions.flatMap((option) => option.short ?? []);
    expect(letters.filter((letter, index) => letters.indexOf(letter) !== index)).toEqual([]);
    expect(letters.filter((letter) => !/^[A-Za-z]$/.test(letter))).toEqual([]);
  });

  test("has every environment variable once", () => {
    const variables = batchOptions.flatMap((option) => option.env ?? []);
    expect(variables.filter((name, index) => variables.indexOf(name) !== index)).toEqual([]);
    expect(variables.filter((name) => !/^S(?:BATCH|LURM)_[A-Z0-9_]+$/.test(name))).toEqual([]);
  });

  test.each(batchOptions.map((option): [string, BatchOption] => [option.name, option]))(
    "--%s is described completely",
    (_, option) => {
      expect(option.help).toMatch(/^[A-Z].*[^.]$/);
      expect(option.type === undefined).toBe(option.takes === "nothing");
      expect(option.metavar === undefined).toBe(option.takes === "nothing");
      expect(option.choices !== undefined).toBe(option.type === "choice" || option.type === "some-of");
      expect(option.type === "pattern" && option.pattern === undefined).toBe(false);
    },
  );

  test("finds an option by long name, alias and letter", () => {
    expect(findOption("nodes").short).toBe("N");
    expect(findOption("N")).toBe(findOption("nodes"));
    expect(findOption("tasks-per-node")).toBe(findOption("ntasks-per-node"));
    expect(findOption("node")).toBeUndefined();
    expect(findOption("é")).toBeUndefined();
  });

  test("resolves abbreviations as getopt_long does", () => {
    const { long } = optionSet({ release: "22.05" });
    expect(long("part")).toEqual({ option: findOption("partition") });
    expect(long("time")).toEqual({ option: findOption("time") });
    expect(long("tasks")).toEqual({ option: findOption("ntasks-per-node") });
    expect(long("par")).toEqual({ ambiguous: ["partition", "parsable"] });
    expect(long("Nodes")).toBeUndefined();
  });

  test("two names of one option do not make an abbreviation ambiguous", () => {
    const twice: BatchOption = { name: "zebra", aliases: ["zebras"], takes: "nothing", group: "job", help: "Stripes" };
    const { long } = optionSet({ own: [twice] });
    expect(long("zebras")).toEqual({ option: twice });
    expect(optionSet().long("cluste")).toEqual({ ambiguous: ["cluster-constraint", "clusters", "cluster"] });
  });

  test("knows the options of the release that is named", () => {
    expect(optionSet({ release: "22.05" }).long("segment")).toBeUndefined();
    expect(optionSet({ release: "24.05" }).long("segment")).toBeDefined();
    expect(optionSet({ release: "23.11" }).long("power")).toBeDefined();
    expect(optionSet({ release: "24.05" }).long("power")).toBeUndefined();
    expect(optionSet({ release: "25.05" }).long("requeue")).toMatchObject({ option: { takes: "nothing" } });
    expect(optionSet({ release: "25.11" }).long("requeue")).toMatchObject({ option: { takes: "optional" } });
  });

  test("knows the values of the release that is named", () => {
    const script = "#!/bin/sh\n#SBATCH --nodes=1,4-8:2\n";
    expect(() => readScript(script, { release: "22.05" })).toThrow(/--nodes/);
    expect(() => readScript(script, { release: "23.02" })).not.toThrow();
  });

  test("an option of one's own wins over sbatch's and is never abbreviated", () => {
    const cluster: BatchOption = {
      name: "cluster",
      takes: "value",
      type: "text",
      group: "command",
      help: "Which",
      metavar: "name",
    };
    const keep: BatchOption = { name: "keep", takes: "nothing", group: "command", help: "Keep the files" };
    const { long } = optionSet({ own: [cluster, keep] });
    expect(long("cluster")).toEqual({ option: cluster });
    expect(long("clusters")).toEqual({ option: findOption("clusters") });
    expect(long("k")).toEqual({ option: findOption("kill-on-invalid-dep") });
    expect(long("kee")).toBeUndefined();
  });
});
