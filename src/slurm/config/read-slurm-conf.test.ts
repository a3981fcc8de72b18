import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { presetNames, presetPlan } from "../../../test/preset-plans.ts";
import { SluiceError } from "../../errors.ts";
import { setting } from "./conf-value.ts";
import { readConfLines } from "./conf-lines.ts";
import { readSlurmConf } from "./read-slurm-conf.ts";
import { writeSlurmConf } from "./slurm-conf.ts";

describe("readSlurmConf", () => {
  test.each(presetNames)("reads back what is written for preset %s", (preset) => {
    const plan = presetPlan(preset, "24.11");
    const conf = readSlurmConf(writeSlurmConf(plan));
    expect(conf).toMatchObject({ clusterName: preset, slurmctldPort: plan.controller.port, unread: [] });
    expect(conf.nodes).toMatchObject(
      plan.nodes.map(({ gpus, ...node }) => ({ ...node, ...(gpus && { gres: `gpu:fake:${gpus.devices.length}` }) })),
    );
    expect(conf.partitions).toMatchObject(
      plan.partitions.map(({ maxTime = "INFINITE", ...partition }) => ({ ...partition, maxTime })),
    );
    expect(conf.settings.get("slurmdparameters")).toBe("config_overrides");
  });

  test("takes keys in any case, comments, continued lines, blanks around =, hostlists and defaults", () => {
    const conf = readSlurmConf(
      [
        "CLUSTERNAME = edited # a comment",
        "nodename=DEFAULT cpus=4 RealMemory=100",
        "NodeName=c[0-1] Port=[7000-7001] \\",
        "  Feature=a,b NodeAddr=127.0.0.1",
        "NodeName=d Sockets=2 CoresPerSocket=3 ThreadsPerCore=2 CPUs=12",
        "PartitionName=DEFAULT MaxTime=1:00 Default=yes",
        "PartitionName=p nodes=ALL",
        "KillWait=5 MinJobAge=9",
        "killwait=6",
        "Include more.conf",
      ].join("\n"),
    );
    const shared = { line: 3, address: "127.0.0.1", cpus: 4, memoryMb: 100, features: ["a", "b"] };
    expect(conf.clusterName).toBe("edited");
    expect(conf.nodes).toEqual([
      { name: "c0", port: 7000, ...shared },
      { name: "c1", port: 7001, ...shared },
      { name: "d", line: 5, cpus: 12, memoryMb: 100, features: [] },
    ]);
    expect(conf.partitions).toEqual([
      { name: "p", line: 7, nodes: ["c0", "c1", "d"], isDefault: true, maxTime: "1:00" },
    ]);
    expect(conf.settings.get("killwait")).toBe("6");
    expect(conf.unread).toEqual([{ line: 10, text: "Include more.conf" }]);
  });

  test.each([
    ["NodeName=a CPUs=x", 'slurm.conf line 1: CPUs cannot be "x"'],
    ["\nNodeName=a[1- CPUs=1", 'slurm.conf line 2: NodeName cannot be "a[1-"'],
    ["NodeName=a\nPartitionName=p Nodes=a[", 'slurm.conf line 2: Nodes cannot be "a["'],
  ])("names the line of %j", (text, message) => {
    expect(() => readSlurmConf(text)).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(message) }),
    );
  });

  test("throws nothing but its typed error, whatever the text", () => {
    const word = fc.constantFrom(
      "NodeName",
      "=",
      "a[0-3]",
      "Port",
      "[1-2]",
      " ",
      "\n",
      "\\",
      "#",
      '"',
      "Nodes",
      "PartitionName",
      "CPUs",
      "x",
    );
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(word).map((words) => words.join("")),
    );
    fc.assert(
      fc.property(text, (given) => {
        const result = attempt(() => readSlurmConf(given));
        expect(result.error === undefined || result.error instanceof SluiceError).toBe(true);
      }),
    );
  });
});

describe("setting", () => {
  test("what is written is read back, for every value that can be written", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("/", "a", " ", "#", "\\", "=", "'", "\t", "ä", "%", '"') }),
        (value) => {
          const { value: line, error } = attempt(() => setting("Key", value));
          fc.pre(error === undefined);
          expect(readConfLines(line ?? "")).toEqual([{ line: 1, pairs: [{ key: "Key", value }], rest: "" }]);
        },
      ),
    );
  });

  test.each(["", "a\nb", "a\0b", '"a', 'a "b'])("refuses %j, naming the key and the remedy", (value) => {
    expect(() => setting("StateSaveLocation", value)).toThrow(
      expect.objectContaining({
        code: "CONFIG_INVALID",
        message: expect.stringMatching(/^StateSaveLocation cannot be .*--output-dir/),
      }),
    );
  });
});

function attempt<T>(action: () => T): { readonly value?: T; readonly error?: unknown } {
  try {
    return { value: action() };
  } catch (error) {
    return { error };
  }
}
