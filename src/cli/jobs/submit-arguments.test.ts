import { describe, expect, test } from "vitest";
import { readSubmitArguments } from "./submit-arguments.ts";

const [one, two] = ["01KB0000000000000000000001", "01KB0000000000000000000002"];

describe("the arguments of submit", () => {
  test("sbatch's options become fields of the job, ours stand beside", () => {
    const argv = [
      "-N2",
      "--exclusive",
      "-J",
      "train",
      "--label=a=b=c",
      "--label",
      "d=",
      "--cluster=dev",
      "--wait",
      "j.sh",
      "-N9",
    ];
    expect(readSubmitArguments(argv)).toMatchObject({
      wait: true,
      body: { nodes: "2", exclusive: true, name: "train", labels: { a: "b=c", d: "" }, cluster: "dev" },
      job: { script: "j.sh", args: ["-N9"] },
    });
  });

  test("a command stands after --", () => {
    expect(readSubmitArguments(["--", "echo", "$HOME"]).job).toEqual({ command: ["echo", "$HOME"] });
  });

  test("a dependency on Sluice's ids is Sluice's affair, one on native ids is sbatch's", () => {
    const body = (text: string): object => readSubmitArguments([`--dependency=${text}`, "j.sh"]).body;
    expect(body(`afterok:${one}:${two},after:${one}+5`)).toEqual({
      dependencies: {
        needs: "all",
        on: [
          { condition: "afterok", jobId: one },
          { condition: "afterok", jobId: two },
          { condition: "after", jobId: one, delayMinutes: 5 },
        ],
      },
    });
    expect(body(`afterok:${one}?afternotok:${two}`)).toMatchObject({ dependencies: { needs: "any" } });
    expect(body("afterok:12,singleton")).toEqual({ dependency: "afterok:12,singleton" });
  });

  test.each([
    [[], /no script was named/],
    [["--dependency", `afterok:${one}:12`, "j.sh"], /not both at once/],
    [["--dependency", `sometime:${one}`, "j.sh"], /--dependency/],
    [["--dependency", "afterok:x", "j.sh"], /names no job/],
    [["--label", "x", "j.sh"], /NAME=VALUE/],
    [["--uid=0", "j.sh"], /--uid does not go with submit/],
    [["--nodez=1", "j.sh"], /nodez/],
  ])("%j is refused", (argv, message) => {
    expect(() => readSubmitArguments(argv)).toThrow(message);
  });
});
