import { describe, expect, test } from "vitest";
import { readRunArguments } from "./run-arguments.ts";

describe("the arguments of run", () => {
  test("options end at the script; what follows is the script's", () => {
    expect(readRunArguments(["-N", "2", "--cluster", "dev", "job.sh", "--json", "-N9"])).toMatchObject({
      json: false,
      body: { cluster: "dev", nodes: "2" },
      job: { script: "job.sh", args: ["--json", "-N9"] },
    });
  });

  test("after -- stands a command", () => {
    expect(readRunArguments(["--quiet", "--", "echo", "--", "a b"])).toMatchObject({
      quiet: true,
      job: { command: ["echo", "--", "a b"] },
    });
  });

  test("--wait is what run does anyway, --timeout takes seconds as everywhere", () => {
    expect(readRunArguments(["--wait", "--timeout=90", "x"])).toMatchObject({ body: {}, timeoutMs: 90_000 });
  });

  test.for([
    [[], /no script/],
    [["--bogus", "x"], /--bogus/],
    [["--test-only", "x"], /--test-only/],
    [["--wrap=ls"], /after "--"/],
    [["--clusters=a", "x"], /--cluster/],
    [["--timeout=soon", "x"], /timeout/],
  ] as const)("%j is refused, and the message names what was wrong", ([argv, message]) => {
    expect(() => readRunArguments(argv)).toThrow(message);
  });
});
