import { describe, expect, test } from "vitest";
import { recordingHost } from "../../../test/recording-host.ts";
import { createLocalRunner } from "../../remote/local-runner.ts";
import { createRecordedRunner } from "../../remote/recorded-runner.ts";
import type { CommandOutput } from "../../schema/command.ts";
import { metadataMapper } from "./metadata-mapper.ts";
import { byAnswer, byNode, pdsh } from "./pdsh.ts";

const { signal } = new AbortController();

describe("pdsh", () => {
  test("runs a command over ssh on the nodes, which it is given in ranges", async () => {
    const host = hostWhere(["n[1-3]", "date"], { stdout: "n1: a\nn2: b\nn3: a b\n" });
    expect(await pdsh(host, "date", ["n1", "n2", "n3"], signal)).toBe("n1: a\nn2: b\nn3: a b\n");
  });

  test("that fails says what it printed in one line, as Topograph does, and is worth another attempt", async () => {
    const host = hostWhere(["n1", "date"], { stderr: "n1: no route\npdsh: bad\n", exitCode: 1 });
    await expect(pdsh(host, "date", ["n1"], signal)).rejects.toMatchObject({
      status: 500,
      message: "pdsh failed: n1: no route pdsh: bad  : exit status 1",
    });
  });

  test("that is not installed says so", async () => {
    const host = recordingHost({ runner: createLocalRunner({ env: { PATH: "/nonexistent" } }) });
    await expect(pdsh(host, "true", ["n1"], signal)).rejects.toMatchObject({
      status: 500,
      message: expect.stringMatching(/^pdsh failed: {2}: "pdsh" cannot be started/),
    });
  });

  test("may be told to leave out names, or to let some nodes fail, whose failure is told", async () => {
    const host = (
      argv: readonly [string, ...string[]],
      output: Partial<CommandOutput>,
    ): ReturnType<typeof recordingHost> =>
      recordingHost({
        runner: createRecordedRunner([{ argv: [...argv], output: { stdout: "", stderr: "", exitCode: 0, ...output } }]),
      });
    const bare = host(["pdsh", "-R", "ssh", "-N", "-w", "n1", "date"], { stdout: "a\nb: c\n" });
    expect(await pdsh(bare, "date", ["n1"], signal, { bare: true })).toBe("a\nb: c\n");
    const argv = ["pdsh", "-R", "ssh", "-S", "-u", "10", "-w", "n[1-2]", "date"] as const;
    const half = host([...argv], { stdout: "n1: a\n", stderr: "n2: no route\n", exitCode: 255 });
    expect(await pdsh(half, "date", ["n1", "n2"], signal, { partial: true })).toBe("n1: a\n");
    expect(half.recorded.log).toEqual(["warning: pdsh: some nodes did not answer, the others count: n2: no route "]);
    const deaf = host([...argv], { stderr: "n2: no route\n", exitCode: 255 });
    await expect(pdsh(deaf, "date", ["n1", "n2"], signal, { partial: true })).rejects.toMatchObject({
      status: 500,
      message: "pdsh failed: n2: no route  : exit status 255",
    });
  });

  test("is not run for no nodes, nor for a name that it would read as a file of names", async () => {
    expect(await pdsh(recordingHost(), "date", [], signal)).toBe("");
    await expect(pdsh(recordingHost(), "date", ["^/etc/passwd"], signal)).rejects.toMatchObject({ status: 400 });
  });

  test("that waits ends with the signal", async () => {
    const reason = new Error("no longer wanted");
    await expect(pdsh(recordingHost(), "date", ["n1"], AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

describe("what nodes answer", () => {
  // Topograph's own example.
  const lines = "node1: instance1\nnode2: instance2\nnode3: instance3\nnode4: instance4\n";

  test("is read by node and by answer", () => {
    const pairs = [1, 2, 3, 4].map((n) => [`node${n}`, `instance${n}`] as const);
    expect(byNode(lines)).toEqual(new Map(pairs));
    expect(byAnswer(lines)).toEqual(new Map(pairs.map(([node, instance]) => [instance, node])));
  });

  test("is nothing where a node printed nothing, and more than one value is none", () => {
    expect(byNode("n1: \nn2:\nn3\nn4: a: b\nn5: i-5\r\n\n")).toEqual(new Map([["n5", "i-5"]]));
  });

  test("gives instances and regions to an engine that knows names of nodes alone", async () => {
    const runner = createRecordedRunner([
      { argv: ["pdsh", "-R", "ssh", "-w", "n[1-2]", "ask id"], output: said("n1: i-1\nn2: i-2\n") },
      { argv: ["pdsh", "-R", "ssh", "-w", "n[1-2]", "ask zone"], output: said("n1: a/b/z1\nn2: a/b/z2\n") },
    ]);
    const toRegion = (answer: string): string => answer.slice(answer.lastIndexOf("/") + 1);
    const mapper = metadataMapper(recordingHost({ runner }), { instanceId: "ask id", region: "ask zone", toRegion });
    expect(await mapper.nodesByInstance(["n1", "n2"], signal)).toEqual(
      new Map([
        ["i-1", "n1"],
        ["i-2", "n2"],
      ]),
    );
    expect(await mapper.regionsByNode(["n1", "n2"], signal)).toEqual(
      new Map([
        ["n1", "z1"],
        ["n2", "z2"],
      ]),
    );
  });
});

function hostWhere([nodes, command]: readonly [string, string], output: Partial<CommandOutput>) {
  const argv: [string, ...string[]] = ["pdsh", "-R", "ssh", "-w", nodes, command];
  return recordingHost({ runner: createRecordedRunner([{ argv, output: { ...said(""), ...output } }]) });
}

function said(stdout: string): CommandOutput {
  return { stdout, stderr: "", exitCode: 0 };
}
