import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readConfig } from "../../config.ts";
import { createLocalRunner } from "../../remote/local-runner.ts";
import { sbatch } from "../../slurm/commands/sbatch.ts";
import { isSettled, submitOnce, type OnceAnswer } from "./submit-once.ts";
import { sealAttempts } from "./sealed.ts";

const never = new AbortController().signal;
let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "once it's $(x) "));
  // An sbatch that notes its call, waits while it is told to, and then takes the job or refuses it.
  await writeFile(
    join(base, "sbatch"),
    `#!/bin/sh
here=$(dirname "$0")
for last; do :; done
echo "$last" >>"$here/calls"
while [ -e "$here/wait" ]; do sleep 0.01; done
case $last in *refused*) echo "sbatch: error: not that" >&2; exit 1 ;; esac
echo "a plugin says hello"
wc -l <"$here/calls"
`,
    { mode: 0o700 },
  );
});
afterEach(() => rm(base, { recursive: true, force: true }));

function runner(): ReturnType<typeof createLocalRunner> {
  const { environment, path } = readConfig();
  return createLocalRunner({ env: { ...environment, PATH: `${base}:${path}` } });
}

async function submit(names: readonly string[], lock = crypto.randomUUID()): Promise<readonly OnceAnswer[]> {
  const requests = names.map((name) => ({
    directory: join(base, name),
    workDirectory: name === "lost" ? join(base, "nowhere") : base,
    attempt: 1,
    batch: sbatch({ script: join(base, name, "script"), args: ["a 'b' $(c)", `${name}\n`, name], options: [] }),
  }));
  await Promise.all(names.map((name) => mkdir(join(base, name), { recursive: true })));
  return runner().run(submitOnce({ boundary: crypto.randomUUID(), lock: join(base, lock) }, requests), {
    signal: never,
  });
}

/** The same with folders that the submission makes; of "there" the folder is there before. */
async function submitNew(
  names: readonly string[],
  content: Uint8Array,
  lock: string = crypto.randomUUID(),
): Promise<readonly OnceAnswer[]> {
  const requests = names.map((name) => ({
    directory: join(base, "jobs", name),
    workDirectory: join(base, "jobs", name),
    attempt: 1,
    batch: sbatch({ script: join(base, "jobs", name, "script"), args: [name], options: [] }),
    files: [
      { name: "script", mode: 0o700, content },
      { name: "environment", mode: 0o600, content: "" },
    ],
  }));
  await mkdir(join(base, "jobs"), { recursive: true });
  return runner().run(submitOnce({ boundary: crypto.randomUUID(), lock: join(base, lock) }, requests), {
    signal: never,
  });
}

const calls = async (): Promise<readonly string[]> =>
  (await readFile(join(base, "calls"), "utf8").catch(() => "")).split("\n").slice(0, -1);

test("each job of several has its own answer, in order", async () => {
  const names = ["a", "refused", "lost", "b", "c", "d", "e", "f", "g", "h", "i"];
  const answers = await submit(names);
  expect(answers.map((answer) => ("error" in answer ? answer.error : answer))).toEqual([
    { nativeId: "1" },
    expect.objectContaining({ code: "SUBMIT_REJECTED", message: expect.stringContaining("not that") }),
    expect.objectContaining({ code: "SUBMIT_REJECTED", message: expect.stringContaining("nowhere") }),
    { nativeId: "3" },
    { nativeId: "4" },
    { nativeId: "5" },
    { nativeId: "6" },
    { nativeId: "7" },
    { nativeId: "8" },
    { nativeId: "9" },
    { nativeId: "10" },
  ]);
  expect(await calls()).toEqual(names.filter((name) => name !== "lost"));
});

test("a job that was submitted before is answered as before, and not submitted again", async () => {
  expect(await submit(["a"])).toEqual(await submit(["a"]));
  expect(await calls()).toEqual(["a"]);
});

test("of many that submit the same jobs at once, one does", async () => {
  const names = ["a", "b", "c"];
  const all = await Promise.all(Array.from({ length: 8 }, () => submit(names)));
  expect((await calls()).toSorted()).toEqual(names);
  for (const answer of all.flat()) {
    if ("nativeId" in answer) continue;
    expect(answer).toEqual({ error: expect.objectContaining({ code: "CLUSTER_UNREACHABLE" }) });
  }
});

test("what was begun is not begun again, whether it is still under way or was cut short", async () => {
  await writeFile(join(base, "wait"), "");
  const lock = join(base, "held");
  const stop = new AbortController();
  const request = {
    directory: join(base, "a"),
    workDirectory: base,
    attempt: 1,
    batch: sbatch({ script: "s", args: ["a"], options: [] }),
  };
  await mkdir(request.directory);
  const first = runner().run(submitOnce({ boundary: crypto.randomUUID(), lock }, [request]), { signal: stop.signal });
  first.catch(() => {});
  await expect.poll(calls, { timeout: 5_000, interval: 5 }).toEqual(["a"]);
  const settled = (): Promise<boolean> => runner().run(isSettled(lock, 0), { signal: never });
  expect(await settled()).toBe(false);
  expect(await submit(["a"])).toEqual([{ error: expect.objectContaining({ code: "CLUSTER_UNREACHABLE" }) }]);
  stop.abort();
  await expect(first).rejects.toMatchObject({ code: "CANCELLED" });
  await expect.poll(settled, { timeout: 5_000, interval: 5 }).toBe(true);
  expect(await submit(["a"])).toEqual([{ error: expect.objectContaining({ code: "CLUSTER_UNREACHABLE" }) }]);
  expect(await calls()).toEqual(["a"]);
  // Whoever has looked takes the mark away.
  await rm(join(base, "wait"));
  await rm(join(base, "a", "attempt"));
  expect(await submit(["a"])).toEqual([{ nativeId: "2" }]);
});

test("an attempt that was ended does nothing and leaves no mark; one with a higher number goes on", async () => {
  for (const until of [7, 3]) await runner().run(sealAttempts(join(base, "a"), until), { signal: never });
  expect(await submit(["a", "b"])).toEqual([
    { error: expect.objectContaining({ code: "CLUSTER_BUSY" }) },
    { nativeId: "1" },
  ]);
  expect((await readdir(join(base, "a"))).toSorted()).toEqual(["sealed"]);
  const request = {
    directory: join(base, "a"),
    workDirectory: base,
    attempt: 8,
    batch: sbatch({ script: "s", args: ["a"], options: [] }),
  };
  const command = submitOnce({ boundary: crypto.randomUUID(), lock: join(base, "lock") }, [request]);
  expect(await runner().run(command, { signal: never })).toEqual([{ nativeId: "2" }]);
});

test("of an attempt and whoever ends it at the same moment one sees the other", async () => {
  for (let round = 0; round < 20; round += 1) {
    const name = `r${round}`;
    const [answers, marks] = await Promise.all([
      submitNew([name], Buffer.from("x")),
      runner()
        .run(sealAttempts(join(base, "jobs", name), 1), { signal: never })
        .then(() => readdir(join(base, "jobs", name))),
    ]);
    const ran = (await calls()).includes(name);
    expect([name, "nativeId" in (answers[0] ?? {})]).toEqual([name, ran]);
    expect([name, ran && !marks.includes("attempt")]).toEqual([name, false]);
  }
});

test("a folder that is gone takes nothing, and a lock that is gone is held by nobody", async () => {
  const request = {
    directory: join(base, "gone"),
    workDirectory: base,
    attempt: 1,
    batch: sbatch({ script: "s", args: ["a"], options: [] }),
  };
  const command = submitOnce({ boundary: crypto.randomUUID(), lock: join(base, "lock") }, [request]);
  expect(await runner().run(command, { signal: never })).toEqual([{ unplaced: true }]);
  expect(await calls()).toEqual([]);
  expect(await runner().run(isSettled(join(base, "nothing"), 0), { signal: never })).toBe(true);
});

test("folders are made with all that belongs in them, byte for byte and with its mode, and nothing else is left", async () => {
  const content = Buffer.from(Array.from({ length: 1_500 }, (_, at) => (at * 7) % 256));
  expect(await submitNew(["a", "b"], content, "new")).toEqual([{ nativeId: "1" }, { nativeId: "2" }]);
  for (const name of ["a", "b"]) {
    const folder = join(base, "jobs", name);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, "script"))).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, "environment"))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(folder, "script"))).toEqual(content);
  }
  expect((await readdir(base)).sort()).toEqual(["calls", "jobs", "sbatch"]);
});

test("a folder that is there is not written to, and its job is left to whoever looks; the others go on", async () => {
  const there = join(base, "jobs", "there");
  await mkdir(there, { recursive: true });
  await writeFile(join(there, "script"), "before");
  const answers = await submitNew(["a", "there", "b"], Buffer.from("after"));
  expect(answers).toEqual([{ nativeId: "1" }, { unplaced: true }, { nativeId: "2" }]);
  expect(await readFile(join(there, "script"), "utf8")).toBe("before");
  expect(await readdir(there)).toEqual(["script"]);
});

test("of many that make the same folders at once, one does, and submits from them", async () => {
  const names = ["a", "b", "c"];
  const all = await Promise.all(Array.from({ length: 8 }, (_, at) => submitNew(names, Buffer.from(`script ${at}`))));
  expect((await calls()).toSorted()).toEqual(names);
  expect(all.flat().filter((answer) => "nativeId" in answer).length).toBeGreaterThanOrEqual(3);
});

test("where the archive cannot be unpacked nothing is submitted", async () => {
  await writeFile(join(base, "tar"), "#!/bin/sh\nexit 1\n", { mode: 0o700 });
  expect(await submitNew(["a", "b"], Buffer.from("x"))).toEqual([{ unplaced: true }, { unplaced: true }]);
  expect(await calls()).toEqual([]);
});
