import { describe, expect, test } from "vitest";
import { describeValueReader } from "../values/value-reader.contract.ts";
import { batchOptions, findOption, type BatchOptionName } from "./option-table.ts";
import { checkValue } from "./option-value.ts";

/** Those whose notation is described here rather than in `values/`. */
const own = batchOptions.filter(({ type = "text" }) =>
  ["pattern", "signal", "time", "some-of", "count", "integer", "priority"].includes(type),
);
for (const option of own.filter(({ pattern, type }, i) => pattern !== undefined || own[i - 1]?.type !== type)) {
  const alphabet = `${option.metavar ?? ""}${option.choices?.join(",") ?? ""}012:,=-@*/.T map_mem:verbose,`;
  describeValueReader(`--${option.name}`, (text) => checkValue(option, text), alphabet);
}

describe("checking values", () => {
  test.each<[BatchOptionName, accepted: string[], refused: string[]]>([
    ["ntasks", ["1", "+2", " 3"], ["0", "-1", "1k", "2.5", "", "2147483648"]],
    ["core-spec", ["0", "", "1"], ["-1", "x"]],
    ["signal", ["USR1", "B:SIGTERM@60", "RB:10@", "xcpu"], ["WINCH", "0", "1@65536", "R:B:1", ""]],
    [
      "begin",
      ["now", "now+1hour", "16:00", "1/1-12:00", "tomorrow12:00", "2030-01-02T03:04"],
      ["", "13", "25:00", "now+1min", "2030-1-2"],
    ],
    ["nice", ["", "5", "-5", "2147483645"], ["x", "2147483646"]],
    ["priority", ["0", "4294967293", "top"], ["4294967294", "-1", "", "x"]],
    ["open-mode", ["append", "A", "trunc"], ["x", ""]],
    ["exclusive", ["", "USER", "mcs"], ["yes"]],
    ["mail-type", ["ALL", "foo,end"], ["foo", ""]],
    ["gpus", ["2", "fake:2", "a100=1,b:2", ""], ["a:b:2", "1.5", "1-2"]],
    ["mem-bind", ["local", "v,rank", "verbose,map_mem:0,1"], ["", "x", "local,"]],
    ["distribution", ["block", "*:*:*", "cyclic:block,Pack", "plane=4", "nopack"], ["plane", "foo", "plane=4:block"]],
    ["nodelist", ["cpu-[0-1]", "", "/some/file", "block{b1}"], ["cpu-[0"]],
    ["comment", ["", "anything at all"], ["\0"]],
  ])("--%s takes %j and refuses %j", (name, accepted, refused) => {
    const option = findOption(name);
    for (const value of accepted) expect(() => checkValue(option, value)).not.toThrow();
    for (const value of refused) expect(() => checkValue(option, value)).toThrow(/./);
  });

  test("says what the option takes", () => {
    expect(() => checkValue(findOption("hint"), "fast")).toThrow(/"fast".*compute_bound, memory_bound/);
    expect(() => checkValue(findOption("switches"), "many")).toThrow(/count\[@time\]/);
  });
});
