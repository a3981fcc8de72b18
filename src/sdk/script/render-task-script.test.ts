import { spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOptions, findOption } from "../../slurm/batch/option-table.ts";
import type { GivenOption } from "../../slurm/batch/read-options.ts";
import { readScript } from "../../slurm/batch/read-script.ts";
import type { ShippedCode } from "../shipping/shipped-code.ts";
import { readCall, readCallHeader } from "./read-call.ts";
import { renderTaskScript } from "./render-task-script.ts";
import type { CallHeader, TaskScript } from "./task-script.ts";

const code: ShippedCode = {
  packaging: "bundle",
  entry: "/base/files/c0de",
  sha256: "c0de",
  runtime: { kind: "system", oldest: "22.18", otherwise: [] },
};
const header: CallHeader = { version: 1, task: "src/train.ts#train", kind: "task", name: "train" };
const named = [{ option: findOption("job-name"), value: "train" }];
const array = { option: findOption("array"), value: "0-1" };

function render(rest: Partial<TaskScript> = {}): string {
  return renderTaskScript({ header, options: named, calls: ['{"args":[]}'], code, ...rest });
}

/** Whether what it names in its first line understands it; what that says otherwise. */
function check(script: string): string {
  const [, shell = "none"] = /^#!(\S+)\n/.exec(script) ?? [];
  return spawnSync(shell, ["-n"], { input: script, encoding: "utf8" }).stderr;
}

const line = fc.string({ unit: "binary", maxLength: 20 }).map((text) => text.replaceAll(/[\n\0]/g, ""));
const given: fc.Arbitrary<GivenOption> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...batchOptions.filter(({ type, name }) => type === "text" && name !== "job-name")), line)
    .map(([option, value]) => ({ option, value })),
  fc.constantFrom(...batchOptions.filter(({ takes }) => takes === "nothing")).map((option) => ({ option })),
);
const call = fc.array(fc.jsonValue(), { maxLength: 3 }).map((args) => JSON.stringify({ args }));
const awkward = fc.oneof(line, fc.constantFrom("SLUICE_CALL", "\nSLUICE_CALL\n: <<'SLUICE_CALL'\n", "$(id)", "'\"`\\"));

describe("the script of a call", () => {
  test("begins with its options, the name first, and ends with the call", () => {
    const script = render({ options: [{ option: findOption("cpus-per-task"), value: "4" }, ...named] });
    const lines = script.split("\n");
    expect(lines.slice(0, 4)).toEqual([
      "#!/bin/sh",
      "#SBATCH --job-name=train",
      "#SBATCH --cpus-per-task=4",
      '# Calls the task "src/train.ts#train". Made by Sluice; the call itself stands at the end.',
    ]);
    expect(lines.slice(-4)).toEqual([expect.stringMatching(/^\{"version":1,/), '{"args":[]}', "SLUICE_CALL", ""]);
    expect(lines).toContainEqual(expect.stringMatching(/^exec "\$sluice_node" .* "\$sluice_code" "\$dir"$/));
  });

  test("sbatch reads the same options back, the call is read back exactly, and sh understands it", () => {
    fc.assert(
      fc.property(fc.array(given, { maxLength: 4 }), call, awkward, awkward, (options, written, task, name) => {
        const script = render({
          header: { ...header, task: task.replaceAll("\0", ""), name },
          options: [...options, ...named],
          calls: [written],
        });
        const read = readScript(script).components[0].map(({ option, value }) => ({
          option,
          ...(value !== undefined && { value }),
        }));
        expect(read).toEqual([...named, ...options]);
        expect(readCall(script, undefined)).toMatchObject({ header: { name }, task: undefined });
        expect(readCall(script, undefined).args).toEqual(JSON.parse(written).args);
      }),
      { numRuns: 200 },
    );
    for (const task of fc.sample(awkward, { seed: 1, numRuns: 10 })) {
      expect(check(render({ header: { ...header, task: task.replaceAll("\0", "") } }))).toBe("");
    }
  });

  test("each task of an array has its own call, and one call alone is that of all of them", () => {
    const calls = ['{"args":[1]}', '{"args":[2]}'];
    const script = render({ options: [...named, array], calls });
    expect(readCall(script, "1")).toMatchObject({ task: 1, args: [2] });
    expect(() => readCall(script, "2")).toThrow(/no call for task 2/);
    expect(() => readCall(script, undefined)).toThrow(/no number of a task/);
    expect(readCall(render({ options: [...named, array] }), "1")).toMatchObject({ task: 1, args: [] });
  });

  test("a job that is no array does not mind that it was submitted from a task of one", () => {
    expect(readCall(render(), "7")).toMatchObject({ task: undefined, args: [] });
  });

  test("a script that carries no call, or half of one, is refused", () => {
    const script = render();
    expect(() => readCall("#!/bin/sh\n", undefined)).toThrow(/no call that can be read/);
    expect(() => readCall(script.slice(0, -5), undefined)).toThrow(/no call that can be read/);
    expect(readCallHeader("#!/bin/sh\n")).toBeUndefined();
    expect(readCallHeader(script)).toMatchObject(header);
  });

  test.each([
    [{ retries: { limit: 2, on: ["failed"], backoffSeconds: 0.1, factor: 2 } }, []],
    [
      { retries: { limit: 1, on: ["node_fail", "timeout", "out_of_memory"], backoffSeconds: 1, factor: 2 } },
      ["#SBATCH --requeue", "#SBATCH --signal=B:USR2@5"],
    ],
    [{ srun: true, setup: ["module load x", "export A='b c'"] }, []],
    [{ code: { ...code, packaging: "container", container: { image: "ubuntu:24.04", mounts: [] } } }, []],
  ] satisfies [Partial<TaskScript>, string[]][])(
    "bash is what runs it, and understands it, with %j",
    (rest, directives) => {
      const script = render(rest);
      expect(script).toMatch(/^#!\/bin\/bash\n/);
      expect(check(script)).toBe("");
      const found = script.split("\n").filter((text) => text.startsWith("#SBATCH") && !text.includes("job-name"));
      expect(found).toEqual(directives);
    },
  );

  test("retries after the end of the time and a signal of the user's own cannot both be had", () => {
    const retries = { limit: 1, on: ["timeout"], backoffSeconds: 1, factor: 2 } as const;
    const options = [...named, { option: findOption("signal"), value: "USR1@60" }];
    expect(() => render({ retries, options })).toThrow(/retries\.on: timeout/);
  });
});
