import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { startBareCluster, type BareCluster } from "../../test/bare-cluster.ts";
import { readConfig } from "../config.ts";
import { JobRecord } from "../schema/job.ts";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "run-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly text: { out: string; err: string };
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>;
}

function start(args: readonly string[], slurmConf = inject("slurmConf"), url = ""): Running {
  return startSluice(["run", ...args], { SLURM_CONF: slurmConf, SLUICE_URL: url });
}

function startSluice(args: readonly string[], more: Readonly<Record<string, string>> = {}): Running {
  const env = {
    ...readConfig().environment,
    SLURM_CONF: inject("slurmConf"),
    SLUICE_HOME: join(folder, "home"),
    ...more,
  };
  const child = spawn(process.execPath, [main, ...args], { cwd: folder, env, stdio: "pipe" });
  const text = { out: "", err: "" };
  child.stdout.setEncoding("latin1").on("data", (chunk: string) => (text.out += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text.err += chunk));
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    child.once("close", (code) => resolve({ code, ...text }));
  });
  return { child, text, ended };
}

async function script(text: string, name = "job.sh"): Promise<string> {
  await writeFile(join(folder, name), text);
  return name;
}

const leftBehind = async (): Promise<readonly string[]> => readdir(join(folder, "home", "jobs")).catch(() => []);
async function said(running: Running, stream: "out" | "err", what: string | RegExp): Promise<void> {
  await expect.poll(() => running.text[stream], { timeout: 30_000, interval: 10 }).toMatch(what);
}

describe("sluice run", () => {
  test("prints what the job prints, says the rest on stderr, and ends as the job did", async () => {
    const file = await script('#!/bin/sh\necho "got $1"\nprintf oops >&2\nprintf last\nexit 3\n');
    const { code, out, err } = await start([file, "a 'b' $(c)"]).ended;
    expect(out).toBe("got a 'b' $(c)\nlast");
    expect(err).toContain("oops");
    expect(err).toMatch(/sluice: job \d+ submitted to bare\n/);
    expect(err).toMatch(/sluice: job \d+ ended FAILED with exit code 3/);
    expect(code).toBe(3);
    expect(await leftBehind()).toEqual([]);
  });

  test("--quiet leaves the job's own words alone", async () => {
    const { code, out, err } = await start(["--quiet", "--", "sh", "-c", "echo out; echo err >&2"]).ended;
    expect({ code, out, err }).toEqual({ code: 0, out: "out\n", err: "err\n" });
  });

  test("a death by a signal is told by the signal, not by the failed launch that Slurm takes it for", async () => {
    const { code, err } = await start(["--", "sh", "-c", "kill -9 $$"]).ended;
    expect(err).toMatch(/ended FAILED by signal 9( after [\d.]+ s)?\n$/);
    expect(code).toBe(137);
  });

  test("--json prints the final record to stdout, and the job's output goes to stderr", async () => {
    const { code, out, err } = await start(["--json", "--quiet", "--", "sh", "-c", "echo out; kill -9 $$"]).ended;
    const record = JobRecord.parse(JSON.parse(out));
    expect(record).toMatchObject({ state: "failed", exitCode: 137, name: "sh", cluster: "bare", clusterKind: "slurm" });
    expect(record.tasks[0]).toMatchObject({ exit: { status: 0, signal: 9 }, rawState: "FAILED" });
    expect(err).toBe("out\n");
    expect(code).toBe(137);
  });

  test("sbatch's options go through, from command line and script", async () => {
    const file = await script(
      "#!/bin/sh\n#SBATCH --ntasks=4\n#SBATCH -J inside\necho $SLURM_JOB_NAME $SLURM_NTASKS $SLURM_JOB_NUM_NODES\n",
    );
    const { out, code } = await start(["-N2", "--job-name", "outside", "--quiet", file]).ended;
    expect({ out, code }).toEqual({ out: "outside 4 2\n", code: 0 });
  });

  test("an array shows its progress, a table of its tasks, and whole lines of each", async () => {
    const { out, err, code } = await start([
      "--array=0-3",
      "--",
      "sh",
      "-c",
      "echo task $SLURM_ARRAY_TASK_ID; exit $SLURM_ARRAY_TASK_ID",
    ]).ended;
    expect({ lines: out.trim().split("\n").sort(), err }).toEqual({
      lines: ["task 0", "task 1", "task 2", "task 3"],
      err: expect.stringMatching(/array \d+: 4 of 4 tasks ended: 1 completed, 3 failed/),
    });
    expect(err).toMatch(/TASK +STATE +EXIT +NODES +ELAPSED/);
    expect(err).toMatch(/\d+_3 +FAILED +3 +cpu-0/);
    expect(code).toBe(3);
  });

  test("tasks that share one output file have it shown once", async () => {
    const file = join(folder, "shared");
    const args = ["--array=0-2%1", `--output=${file}`, "--open-mode=append", "--quiet", "--"];
    const { out, code } = await start([...args, "sh", "-c", "echo task $SLURM_ARRAY_TASK_ID"]).ended;
    expect({ out, code }).toEqual({ out: "task 0\ntask 1\ntask 2\n", code: 0 });
  });

  test("a job stays in the history, and that its output has gone with its folder is told", async () => {
    const { out } = await start(["--json", "--quiet", "--label", "by=run", "--", "echo", "hello"]).ended;
    const { jobId } = JobRecord.parse(JSON.parse(out));
    expect(await leftBehind()).toEqual([]);
    expect((await startSluice(["jobs", "--label", "by=run"]).ended).out).toMatch(new RegExp(`${jobId} .* completed `));
    const logs = await startSluice(["logs", jobId]).ended;
    expect(logs).toMatchObject({ code: 66, out: "", err: expect.stringContaining("[FILE_UNREADABLE]") });
    expect(logs.err).toMatch(/the stdout of job \d+ cannot be seen: .*\/stdout is not on "bare" any more/);
  });

  test("prints the same through a gateway, beside one, and without", async () => {
    const words = ["--array=0-1", "--", "sh", "-c", "echo out $SLURM_ARRAY_TASK_ID; echo err >&2; exit 5"];
    const plainly = ({ code, out, err }: { code: number | null; out: string; err: string }): object => ({
      code,
      out: out.split("\n").sort(),
      // How far the tasks were at each look is chance.
      err: err
        .replaceAll(/\d+ s$/gm, "N s")
        .replaceAll(/ +/g, " ")
        .replaceAll(/\b\d+(?=_\d)|(?<=(?:job|array) )\d+/g, "ID")
        .split("\n")
        .filter((line) => !line.includes("tasks ended"))
        .sort(),
    });
    const alone = plainly(await start(words).ended);
    const serving = startSluice(["serve", "--json", "--quiet", "--listen", ":0"]);
    try {
      await said(serving, "out", "\n");
      const { urls }: { urls: string[] } = JSON.parse(serving.text.out);
      expect(plainly(await start(words, inject("slurmConf"), urls[0]).ended)).toEqual(alone);
      expect(plainly(await start(words).ended)).toEqual(alone);
      expect(await leftBehind()).toEqual([]);
    } finally {
      serving.child.kill("SIGTERM");
      expect((await serving.ended).code).toBe(0);
    }
  });

  test("a job that waits says why, and the first interrupt cancels it", async () => {
    const running = start(["--nodes=3", "--", "true"]);
    await said(running, "err", /waits: it asks for more/);
    running.child.kill("SIGINT");
    const { code, err } = await running.ended;
    expect(err).toContain("is being cancelled");
    expect(err).toMatch(/ended CANCELLED/);
    expect(code).toBe(130);
    expect(await leftBehind()).toEqual([]);
  });

  test("a second interrupt leaves a job to itself that does not end, and says how to follow it", async () => {
    const running = start(["--", "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.2; done"]);
    await said(running, "out", "ready");
    running.child.kill("SIGINT");
    await said(running, "err", "is being cancelled");
    running.child.kill("SIGINT");
    const { code, err } = await running.ended;
    expect(code).toBe(130);
    expect(err).toMatch(/was asked to end, and was left to itself; its folder is /);
    expect(err).toMatch(/follow it with: sluice logs \S+ -f/);
  });

  test("--timeout stops the waiting and not the job", async () => {
    const running = start(["--timeout=2", "--", "sleep", "5"]);
    const { code, err } = await running.ended;
    expect(code).toBe(75);
    expect(err).toContain("[DEADLINE_EXCEEDED]");
    expect(err).toContain("left to itself");
    expect(await leftBehind()).toHaveLength(1);
  });

  test("a reader that goes away ends the job, without a complaint", async () => {
    const running = start(["--", "sh", "-c", "while :; do echo line; done"]);
    await said(running, "out", "line");
    running.child.stdout.destroy();
    const { code, err } = await running.ended;
    expect(code).toBe(141);
    expect(err).not.toContain("Warning");
    expect(err).not.toContain("EPIPE");
  });

  test("--keep keeps the job's folder", async () => {
    const { err } = await start(["--keep", "--", "true"]).ended;
    const [kept = ""] = await leftBehind();
    expect(err).toContain(`kept in ${join(folder, "home", "jobs", kept)}`);
    expect(await readdir(join(folder, "home", "jobs", kept))).toEqual(
      expect.arrayContaining(["exit", "stderr", "stdout", "user-script"]),
    );
  });

  test.for([
    ["no script", [], 2, "INPUT_INVALID"],
    ["an unknown option", ["--bogus", "job.sh"], 2, "INPUT_INVALID"],
    ["a script that is not there", ["none.sh"], 66, "FILE_UNREADABLE"],
    ["a script without #!", ["plain.sh"], 65, "SCRIPT_INVALID"],
    ["a script with DOS line ends", ["dos.sh"], 65, "SCRIPT_INVALID"],
    ["an empty script", ["empty.sh"], 65, "SCRIPT_INVALID"],
    ["an unknown option in the script", ["bogus.sh"], 65, "SCRIPT_INVALID"],
    ["too much memory", ["--mem=900G", "job.sh"], 65, "SUBMIT_REJECTED"],
    ["an unknown cluster", ["--cluster=nowhere", "job.sh"], 4, "CLUSTER_NOT_FOUND"],
  ] as const)("%s is an error with its own exit code, and nothing is left behind", async ([, args, exit, name]) => {
    await script("#!/bin/sh\n");
    await script("echo\n", "plain.sh");
    await script("#!/bin/sh\r\necho\r\n", "dos.sh");
    await script("", "empty.sh");
    await script("#!/bin/sh\n#SBATCH --nodes=2 --bogus\n", "bogus.sh");
    const { code, out, err } = await start(args).ended;
    expect(err).toMatch(/^error: [^\n]+ \[[A-Z_]+\]\n {2}\S[^\n]*\n$/);
    expect({ code, out, err }).toMatchObject({ code: exit, out: "", err: expect.stringContaining(`[${name}]`) });
    expect(await leftBehind()).toEqual([]);
  });

  test("a script's path may hold anything", async () => {
    const name = "a b'\"$(x)`\n*.sh";
    await script("#!/bin/sh\necho ran\n", name);
    const { out, code } = await start(["--quiet", name]).ended;
    expect({ out, code }).toEqual({ out: "ran\n", code: 0 });
  });
});

describe("sluice run when something dies", () => {
  let bare: BareCluster;
  beforeAll(async () => {
    bare = await startBareCluster(["MinJobAge=2", "SlurmctldTimeout=10", "SlurmdTimeout=10", "MessageTimeout=2"]);
  });
  afterAll(() => bare.close());

  test("a controller that dies and comes back loses neither the job nor its output", async () => {
    const commands = "echo begun; until [ -e go ]; do sleep 0.1; done; echo done; exit 4";
    const running = start(["--", "sh", "-c", commands], bare.slurmConf);
    await said(running, "out", "begun");
    // slurmctld writes its state every few seconds; a job that it had not written down when it died is requeued.
    await bare.stateSaved();
    await bare.kill("slurmctld");
    await said(running, "err", "does not answer");
    await writeFile(join(folder, "go"), "");
    await said(running, "out", "done");
    expect(running.child.exitCode).toBeNull();
    await bare.restart("slurmctld");
    const { code, out, err } = await running.ended;
    expect(err).toContain("answers again");
    expect(out).toBe("begun\ndone\n");
    expect(code).toBe(4);
  }, 90_000);

  test("a controller that is gone when the job is submitted is an error, and nothing is left behind", async () => {
    await bare.kill("slurmctld");
    const { code, err } = await start(["--", "true"], bare.slurmConf).ended;
    expect({ code, err }).toMatchObject({ code: 69, err: expect.stringContaining("[CLUSTER_UNREACHABLE]") });
    expect(await leftBehind()).toEqual([]);
    await bare.restart("slurmctld");
  }, 90_000);

  test("a node that dies takes its job with it, and that is said", async () => {
    const running = start(
      ["--no-requeue", "--nodelist=cpu-1", "--", "sh", "-c", "echo begun; sleep 300"],
      bare.slurmConf,
    );
    await said(running, "out", "begun");
    await bare.kill("slurmd-cpu-1");
    const { code, err } = await running.ended;
    expect(err).toMatch(/ended NODE_FAIL/);
    expect(code).toBe(1);
    await bare.restart("slurmd-cpu-1");
  }, 120_000);

  test("a job outlives the Sluice that was killed, and its receipt says how it ended", async () => {
    const running = start(["--", "sh", "-c", "echo begun; sleep 2; exit 6"], bare.slurmConf);
    await said(running, "out", "begun");
    running.child.kill("SIGKILL");
    await running.ended;
    const [job = ""] = await leftBehind();
    const files = (): Promise<readonly string[]> => readdir(join(folder, "home", "jobs", job));
    await expect.poll(files, { timeout: 20_000, interval: 50 }).toContain("exit");
    expect(await files()).toEqual(expect.arrayContaining(["id", "job.json", "stdout"]));
    // What the dead one had to itself is free at once, and its job is settled by whoever comes next.
    const began = Date.now();
    expect(await start(["--quiet", "--", "echo", "next"], bare.slurmConf).ended).toMatchObject({
      code: 0,
      out: "next\n",
    });
    expect(Date.now() - began).toBeLessThan(9_000);
    const { out } = await startSluice(["job", job], { SLURM_CONF: bare.slurmConf }).ended;
    expect(out).toMatch(/^state +failed$/m);
    expect(out).toMatch(/^ended with +exit status 6$/m);
  }, 60_000);
});
