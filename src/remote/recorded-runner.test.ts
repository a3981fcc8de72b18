import { expect, test } from "vitest";
import { readConfig } from "../config.ts";
import type { Command } from "../schema/command.ts";
import { createLocalRunner } from "./local-runner.ts";
import { createRecordedRunner, recordRunner, Transcript } from "./recorded-runner.ts";

const signal = new AbortController().signal;

function command(script: string, stdin?: string): Command<string> {
  return { argv: ["sh", "-c", script], parse: ({ stdout }) => stdout, ...(stdin !== undefined && { stdin }) };
}

test("what was recorded on a real host is answered in the same way, from a file of JSON", async () => {
  const transcript: Transcript = [];
  const recorder = recordRunner(createLocalRunner({ env: readConfig().environment }), transcript);
  expect(await recorder.run(command("cat; echo err >&2; exit 3", "in"), { signal })).toBe("in");
  await recorder.run(command("echo other"), { signal });

  const replayed = createRecordedRunner(Transcript.parse(JSON.parse(JSON.stringify(transcript))));
  expect(await replayed.output(command("cat; echo err >&2; exit 3", "in"), { signal })).toEqual({
    stdout: "in",
    stderr: "err\n",
    exitCode: 3,
  });
  expect(await replayed.run(command("echo other"), { signal })).toBe("other\n");
  await expect(replayed.run(command("cat; echo err >&2; exit 3", "else"), { signal })).rejects.toMatchObject({
    code: "COMMAND_FAILED",
    message: expect.stringContaining("no answer to: sh -c 'cat;"),
  });
});

test("several answers to one command come in their order, and the last one stays", async () => {
  const entry = (stdout: string): Transcript[number] => ({
    argv: ["squeue"],
    output: { stdout, stderr: "", exitCode: 0 },
  });
  const runner = createRecordedRunner([entry("1"), entry("2")]);
  const squeue: Command<string> = { argv: ["squeue"], parse: ({ stdout }) => stdout };
  const seen = [];
  for (let look = 0; look < 3; look++) seen.push(await runner.run(squeue, { signal }));
  expect(seen).toEqual(["1", "2", "2"]);
});

test("files and folders are kept in memory", async () => {
  const runner = createRecordedRunner([]);
  await expect(runner.writeFile("/a/b", "x", { mode: 0o600 }, signal)).rejects.toMatchObject({
    code: "FILE_UNWRITABLE",
  });
  expect(await runner.makeDirectory("/a/deep", { mode: 0o700 }, signal)).toBe(true);
  expect(await runner.makeDirectory("/a/deep", { mode: 0o700 }, signal)).toBe(false);
  await runner.writeFile("/a/b", "0123456789", { mode: 0o600 }, signal);
  expect(await runner.listDirectory("/a", signal)).toEqual(["b", "deep"]);
  const slice = await runner.readFile("/a/b", { offset: 4, maxBytes: 3 }, signal);
  expect([Buffer.from(slice?.bytes ?? []).toString(), slice?.size]).toEqual(["456", 10]);
  expect(await runner.readFile("/a/none", { offset: 0, maxBytes: 1 }, signal)).toBeUndefined();
  await runner.removeDirectory("/a", signal);
  expect(await runner.listDirectory("/a", signal)).toEqual([]);
  await expect(runner.listDirectory("/", AbortSignal.abort())).rejects.toMatchObject({ code: "CANCELLED" });
});
