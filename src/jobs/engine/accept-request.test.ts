import { describe, expect, test } from "vitest";
import type { JobRequest } from "../job-service.ts";
import { readRequest, toNewJob } from "./accept-request.ts";

const script = "#!/bin/sh\n#SBATCH --job-name=inside --nodes=2 --exclusive\n";

describe("a request", () => {
  test("gives options by their long names in camelCase, over those of the script", () => {
    const { submission, name } = readRequest({
      script,
      name: "outside",
      options: { ntasksPerNode: 4, hold: true, array: "0-9%2", requeue: false },
    });
    expect(submission.options).toEqual([
      "--job-name=outside",
      "--ntasks-per-node=4",
      "--hold",
      "--array=0-9%2",
      "--no-requeue",
    ]);
    expect(name).toBe("outside");
    expect(readRequest({ script }).name).toBe("inside");
    expect(readRequest({ command: ["/usr/bin/env", "x"] }).name).toBe("env");
  });

  test("hands a command's words on as arguments, where no shell reads them", () => {
    const { submission } = readRequest({ command: ["echo", "$(id)"], args: ["'"] });
    expect(Buffer.from(submission.script, "base64").toString()).toBe('#!/bin/sh\nexec "$@"\n');
    expect(submission.args).toEqual(["echo", "$(id)", "'"]);
  });

  test.for([
    [{}, "INPUT_INVALID", /script: is missing/],
    [{ script, command: ["x"] }, "INPUT_INVALID", /command: is given beside script/],
    [{ command: [""] }, "INPUT_INVALID", /script: is missing/],
    [{ script: "echo\n" }, "SCRIPT_INVALID", /line 1/],
    [{ script, options: { nodse: 1 } }, "INPUT_INVALID", /options\.nodse .*did you mean nodes/],
    [{ script, options: { time: "soon" } }, "INPUT_INVALID", /time/],
    [{ script, options: { nodes: true } }, "INPUT_INVALID", /options\.nodes needs a value/],
    [{ script, options: { hold: "yes" } }, "INPUT_INVALID", /options\.hold takes true or false/],
    [
      { script: "#!/bin/sh\n#SBATCH --hold\n", options: { hold: false } },
      "INPUT_INVALID",
      /options\.hold is set by the script/,
    ],
    [{ script, options: { testOnly: true } }, "INPUT_INVALID", /options\.testOnly cannot be asked for here/],
    [{ script, options: { clusters: "b" } }, "INPUT_INVALID", /name the cluster in the request/],
    [{ script, options: { wrap: "id" } }, "INPUT_INVALID", /options\.wrap/],
    [{ script, options: { mem: 1, memPerCpu: 1 } }, "INPUT_INVALID", /exclude each other/],
    [{ script, workDirectory: "../x" }, "INPUT_INVALID", /workDirectory/],
    [{ script, args: ["a\0b"] }, "INPUT_INVALID", /args\[0\]: holds a NUL/],
    [{ script, name: "two\nlines" }, "INPUT_INVALID", /name: has a line break/],
    [{ script, environment: { "A B": "" } }, "INPUT_INVALID", /environment: "A B" is no name/],
    [{ script, args: ["x".repeat(200_000)] }, "INPUT_INVALID", /args\[0\]: is longer/],
    [{ script: `#!/bin/sh\n${"#".repeat(5_000_000)}` }, "LIMIT_EXCEEDED", /script/],
  ] as const satisfies readonly (readonly [JobRequest, string, RegExp])[])(
    "%j is refused",
    ([request, code, message]) => {
      expect(() => readRequest(request)).toThrow(
        expect.objectContaining({ code, message: expect.stringMatching(message) }),
      );
    },
  );

  test("is the same one however its fields are ordered, and another with any field changed", () => {
    const hash = (request: JobRequest): string | undefined =>
      toNewJob({ ...request, idempotencyKey: "k" }, readRequest(request), { id: "1", cluster: "c", owner: "ada" })
        .idempotency?.hash;
    const request = { script, labels: { a: "1", b: "2" }, options: { time: "5", mem: "1G" } };
    expect(hash({ options: { mem: "1G", time: "5" }, labels: { b: "2", a: "1" }, script })).toBe(hash(request));
    for (const other of [
      { ...request, args: ["x"] },
      { ...request, labels: { a: "1" } },
      { ...request, cluster: "d" },
    ]) {
      expect(hash(other)).not.toBe(hash(request));
    }
  });
});
