import { z } from "zod";
import { SluiceError } from "../errors.ts";
import type { Runner } from "../jobs/runner.ts";
import { quoteAll } from "../schema/quote.ts";

/** What was run on some host, and what came of it, in order. It is JSON, so that it can stand in a file beside a test. */
export const Transcript = z.array(
  z.strictObject({
    argv: z.tuple([z.string()], z.string()),
    stdin: z.string().optional(),
    output: z.strictObject({ stdout: z.string(), stderr: z.string(), exitCode: z.int() }),
  }),
);
export type Transcript = z.infer<typeof Transcript>;

/**
 * Answers commands from a transcript and keeps files in memory. The answers to one command are given in their order, the last
 * one again and again; a command that is not in the transcript throws `COMMAND_FAILED`.
 */
export function createRecordedRunner(transcript: Transcript): Runner {
  const given = new Map<string, number>();
  const files = new Map<string, Buffer>();
  const folders = new Set<string>(["/"]);

  const output: Runner["output"] = async (command, { signal }) => {
    const line = quoteAll(command.argv);
    refuseAborted(signal, line);
    const key = keyOf(command);
    const answers = transcript.filter((entry) => keyOf(entry) === key);
    const count = given.get(key) ?? 0;
    given.set(key, count + 1);
    const answer = answers[Math.min(count, answers.length - 1)];
    if (answer !== undefined) return answer.output;
    throw new SluiceError("COMMAND_FAILED", `the transcript has no answer to: ${line}; record it anew`);
  };

  return {
    host: "a transcript",
    output,
    run: async (command, options) => command.parse(await output(command, options)),

    async readFile(path, { offset, maxBytes }, signal) {
      refuseAborted(signal, path);
      const content = files.get(path);
      return content && { bytes: content.subarray(offset, offset + maxBytes), size: content.length };
    },

    async writeFile(path, content, _mode, signal) {
      refuseAborted(signal, path);
      if (!folders.has(parentOf(path))) {
        throw new SluiceError("FILE_UNWRITABLE", `"${path}" cannot be written: its folder is not there`);
      }
      files.set(path, Buffer.from(content));
    },

    async makeDirectory(path, _mode, signal) {
      refuseAborted(signal, path);
      const isNew = !folders.has(path);
      for (let folder = path; folder !== "/"; folder = parentOf(folder)) folders.add(folder);
      return isNew;
    },

    async listDirectory(path, signal) {
      refuseAborted(signal, path);
      const all = [...files.keys(), ...folders].filter((entry) => entry !== "/" && parentOf(entry) === path);
      return all.map((entry) => entry.slice(entry.lastIndexOf("/") + 1)).sort();
    },

    async removeDirectory(path, signal) {
      refuseAborted(signal, path);
      const isWithin = (entry: string): boolean => entry === path || entry.startsWith(`${path}/`);
      for (const file of files.keys()) if (isWithin(file)) files.delete(file);
      for (const folder of folders) if (isWithin(folder)) folders.delete(folder);
    },
  };
}

/** The same runner, which adds all that is run, and what came of it, to the transcript. */
export function recordRunner(runner: Runner, transcript: Transcript): Runner {
  const output: Runner["output"] = async (command, options) => {
    const answer = await runner.output(command, options);
    const { argv, stdin } = command;
    transcript.push({ argv: [...argv], output: answer, ...(stdin !== undefined && { stdin: textOf(stdin) }) });
    return answer;
  };
  return { ...runner, output, run: async (command, options) => command.parse(await output(command, options)) };
}

function keyOf({
  argv,
  stdin = "",
}: {
  readonly argv: readonly string[];
  readonly stdin?: string | Uint8Array | undefined;
}): string {
  return JSON.stringify([argv, textOf(stdin)]);
}

/** Bytes as Latin-1, since a transcript is JSON. */
function textOf(stdin: string | Uint8Array): string {
  return typeof stdin === "string" ? stdin : Buffer.from(stdin).toString("latin1");
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function refuseAborted(signal: AbortSignal, what: string): void {
  if (signal.aborted) throw new SluiceError("CANCELLED", `asked to stop before: ${what}`);
}
