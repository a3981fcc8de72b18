import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { createClient, type Client, type JobBody } from "../src/client/client.ts";
import { readConfig } from "../src/config.ts";
import { SluiceError } from "../src/errors.ts";
import { optionFields } from "../src/gateway/contract/job-body.ts";
import { isFinal } from "../src/schema/job-transitions.ts";
import { startServing, type Serving } from "./serving.ts";

const run = promisify(execFile);
const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));

let folder: string;
let canaries: string;
let environment: Record<string, string>;
let serving: Serving;
let client: Client;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hostile-"));
  canaries = join(folder, "canaries");
  await mkdir(canaries);
  environment = { ...readConfig().environment, SLURM_CONF: inject("slurmConf"), SLUICE_HOME: join(folder, "home") };
  serving = await startServing({ cwd: folder, env: environment });
  client = createClient({ url: serving.url, token: serving.token });
});
afterAll(async () => {
  const left: string[] = [];
  for await (const { id, state } of client.jobs()) if (!isFinal(state)) left.push(id);
  await Promise.all(left.map((id) => client.cancel(id)));
  await serving.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Text that would leave a file behind if any shell, template or option parser read it; each names its own. */
const attacks = (name: string): readonly string[] => {
  const touch = `touch ${canaries}/${name}`;
  return [
    `$(${touch}-1)`,
    `\`${touch}-2\``,
    `; ${touch}-3;`,
    `'; ${touch}-4; '`,
    `"; ${touch}-5; "`,
    `a\n${touch}-6\n`,
    `| ${touch}-7 &`,
    `\\"; ${touch}-8 #`,
    `\${IFS}$(${touch}-9)`,
    `--wrap=${touch}-10`,
    `-J x --wrap=${touch}-11`,
    `--uid=0`,
    `../../../../../../../..${canaries}/../traversed`,
    "%j %u %A \\ %%",
    "\u001b[2J\u001b]0;owned\u0007",
    "\u202egnp.exe\u2066",
    "é 漢 🚀 \u0301",
    "'\"'\"'",
    "-",
    "*?[a]~{a,b}",
    "\t \u00a0",
  ];
};
const large = "x".repeat(1024 * 1024);
/** What nobody may carry on: no argument of a program and no UTF-8 can hold it. */
const impossible = ["a\0b", "\ud800", "a\udfff"];

/** The faults that are a client's own. */
const faults = new Set(["INPUT_INVALID", "FORMAT_INVALID", "SCRIPT_INVALID", "LIMIT_EXCEEDED", "CLUSTER_NOT_FOUND"]);

/** The id of a job that was taken, or the code with which it was refused. */
async function handIn(body: JobBody, more: { readonly idempotencyKey?: string } = {}): Promise<string> {
  return client.submit(body, more).then(
    ({ id }) => id,
    (error: unknown) => (error instanceof SluiceError ? error.code : String(error)),
  );
}

/** What a job has printed, split at its NULs. */
async function wordsOf(id: string): Promise<readonly string[]> {
  const job = await client.wait(id, { signal: AbortSignal.timeout(60_000) });
  expect([job.error?.message, job.state]).toEqual([undefined, "completed"]);
  const pieces: Uint8Array[] = [];
  for await (const { bytes } of client.output(id, { follow: true })) pieces.push(bytes);
  return Buffer.concat(pieces).toString().split("\0").slice(0, -1);
}

const nothingRan = async (): Promise<void> => expect(await readdir(canaries)).toEqual([]);
const printing = (words: string): string => `#!/bin/sh\nprintf '%s\\0' ${words}\n`;

describe("what is taken arrives byte for byte, and nothing of it is executed", () => {
  test("arguments, words of a command and variables", async () => {
    const words = attacks("words");
    const variables = Object.fromEntries(words.map((text, at) => [`HOSTILE_${at}`, text]));
    const results = await client.submitAll([
      { script: printing('"$@"'), args: words },
      { command: ["printf", "%s\\0", ...words] },
      { script: printing(words.map((_, at) => `"$HOSTILE_${at}"`).join(" ")), env: variables },
    ]);
    for (const result of results) {
      expect(await wordsOf("job" in result ? result.job.id : "refused")).toEqual(words);
    }
    await nothingRan();
  });

  test("names and labels", async () => {
    const names = attacks("names").filter((name) => !name.includes("\n"));
    await Promise.all(
      names.map(async (name) => {
        const id = await handIn({ name, labels: { note: name }, script: printing('"$SLURM_JOB_NAME"') });
        expect(await client.job(id)).toMatchObject({ name, labels: { note: name } });
        expect(await wordsOf(id)).toEqual([name]);
      }),
    );
    expect(await handIn({ name: "two\nlines", command: ["true"] })).toBe("INPUT_INVALID");
    await nothingRan();
  });

  test("folders", async () => {
    // A name with slashes is a path of several folders, so those of the canaries come to be, below the job's own.
    await Promise.all(
      attacks("folders").map(async (name, at) => {
        const cwd = `${folder}/cwd-${at}/${name.replace(canaries, "elsewhere")}`;
        await mkdir(cwd, { recursive: true });
        const id = await handIn({ cwd, script: printing('"$(pwd; echo .)"') });
        expect(await wordsOf(id)).toEqual([`${await realpath(cwd)}\n.`]);
      }),
    );
    await nothingRan();
  });

  test("a script of a megabyte, line ends and all", async () => {
    const script = `#!/bin/sh\n# ${large}\n: ${attacks("script")
      .map((text) => `'${text.replaceAll("'", "")}'`)
      .join(" ")}\n${printing('"$(wc -c <"$0")"').slice(10)}`;
    const id = await handIn({ script });
    expect(await wordsOf(id)).toEqual([String(Buffer.byteLength(script))]);
    expect(Buffer.from(await client.script(id)).toString()).toBe(script);
    await nothingRan();
  });
});

describe("what cannot be carried on is refused", () => {
  const places = (text: string): readonly JobBody[] => [
    { command: ["true"], cluster: text },
    { command: ["true"], name: text },
    { command: ["true"], cwd: `/${text}` },
    { command: ["true"], env: { A: text } },
    { command: ["true"], env: { [text]: "a" } },
    { command: ["true"], labels: { a: text } },
    { command: ["true"], labels: { [text]: "a" } },
    { command: [text] },
    { script: "#!/bin/sh\n", args: [text] },
    { command: ["true"], comment: text },
    { command: ["true"], dependencies: { on: [{ condition: "afterok", jobId: text }] } },
  ];

  test.each(impossible)("%j, in every field", async (text) => {
    for (const body of [...places(text), { script: `#!/bin/sh\n# ${text}\n` }]) {
      expect([body, faults.has(await handIn(body))]).toEqual([body, true]);
    }
  });

  test("a megabyte, in every field but the script", async () => {
    for (const body of places(large)) {
      expect([Object.keys(body), faults.has(await handIn(body))]).toEqual([Object.keys(body), true]);
    }
  });

  test("keys and ids that are none", async () => {
    for (const text of attacks("keys")) {
      const [result] = await client.submitAll([{ command: ["true"], hold: true, idempotencyKey: text }]);
      const code = result !== undefined && "problem" in result ? result.problem.code : undefined;
      expect([text, code]).toEqual([text, /^[\x21-\x7e]+$/.test(text) ? undefined : "INPUT_INVALID"]);
      await expect(client.job(text)).rejects.toMatchObject({
        code: expect.stringMatching(/^(JOB_NOT_FOUND|INPUT_INVALID|REPLY_UNREADABLE)$/),
      });
    }
  });
});

test("every option of sbatch: taken, refused here or refused by Slurm, and never executed", async () => {
  const values = attacks("options");
  // Held, so that no output goes to where a value of --output points.
  const bodies = [...optionFields].flatMap(([field, { takes }], at): JobBody[] =>
    takes === "nothing" || field === "hold"
      ? []
      : [0, 7, 13].map((step) => ({
          command: ["true"],
          cwd: folder,
          hold: true,
          [field]: values[(at + step) % values.length] ?? "",
        })),
  );
  const results = await client.submitAll(bodies);
  const problems = results.flatMap((result) => ("problem" in result ? [result.problem] : []));
  expect(problems.filter(({ status }) => status >= 500)).toEqual([]);
  const ids = results.flatMap((result) => ("job" in result ? [result.job.id] : []));
  expect(ids.length).toBeGreaterThan(50);
  const unsettled = async (): Promise<readonly unknown[]> => {
    const left: unknown[] = [];
    for await (const job of client.jobs({ state: "accepted,submitting" })) left.push(job);
    return left;
  };
  await expect.poll(unsettled, { timeout: 150_000, interval: 500 }).toEqual([]);
  const jobs = await Promise.all(ids.map((id) => client.job(id)));
  expect(jobs.filter(({ state, error }) => state === "rejected" && error?.message === "")).toEqual([]);
  await nothingRan();
}, 200_000);

test("nothing that came from others steers the terminal of who lists it", async () => {
  const [esc = ""] = attacks("terminal").filter((text) => text.includes("\u001b"));
  const id = await handIn({ name: `${esc}\u009b31m`, labels: { note: "a\nb\u202e" }, hold: true, command: ["true"] });
  await client.wait(id, { until: ({ state }) => state === "held" });
  const env = { ...environment, SLUICE_URL: serving.url };
  const listings = [["jobs"], ["jobs", "--json"], ["job", id], ["explain", id], ["queue"], ["queue", "--json"]];
  for (const args of listings) {
    const { stdout, stderr } = await run(process.execPath, [main, ...args], { env, cwd: folder });
    // oxlint-disable-next-line no-control-regex
    expect([args, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.exec(stdout + stderr)]).toEqual(
      [args, null],
    );
  }
  const { stdout } = await run(process.execPath, [main, "jobs", "--json"], { env, cwd: folder });
  expect(stdout).toContain("owned");
  expect(JSON.parse(stdout).jobs.some(({ name }: { name: string }) => name.startsWith(esc))).toBe(true);
});

describe("output that a job has replaced", () => {
  const replaced = async (how: string): Promise<string> => {
    const script = `#!/bin/sh\necho first\nfile=$(readlink /proc/$$/fd/1)\nrm -f "$file"\n${how}\n`;
    const id = await handIn({ script, env: { SECRET: join(folder, "secret") } });
    await client.wait(id, { signal: AbortSignal.timeout(60_000) });
    const pieces: Uint8Array[] = [];
    try {
      for await (const { bytes } of client.output(id, { follow: true }, { signal: AbortSignal.timeout(20_000) })) {
        pieces.push(bytes);
      }
    } catch (error) {
      return error instanceof SluiceError ? error.code : String(error);
    }
    return Buffer.concat(pieces).toString();
  };

  test.each([
    ["nothing", "", "FILE_UNREADABLE"],
    ["a FIFO", 'mkfifo "$file"', ""],
    ["a device without an end", 'ln -s /dev/zero "$file"', ""],
    ["a link to nowhere", 'ln -s "$file.gone" "$file"', "FILE_UNREADABLE"],
    ["a link to itself", 'ln -s "$file" "$file"', "FILE_UNREADABLE"],
    ["a folder", 'mkdir "$file"', "FILE_UNREADABLE"],
  ])("by %s", async (_, how, expected) => {
    expect(await replaced(how)).toBe(expected);
  });
});

test("the gateway has made no mistake, and has kept every secret out of its log", () => {
  const log = serving.said();
  expect(log).not.toContain('"mistake"');
  expect(log).not.toContain(serving.token);
});
