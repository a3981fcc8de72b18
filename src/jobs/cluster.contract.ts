import { ulid } from "ulid";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "./clock.ts";
import { describeClusterFiles } from "./cluster-files.contract.ts";
import type { Cluster, SubmitRequest, SubmittedJob } from "./cluster.ts";
import { exitCodeOf } from "./exit-code.ts";
import { followJob } from "./follow-job.contract.ts";
import { type ClusterFixture, type Does, type Ended, followToEnd, requestOf } from "./cluster-fixture.contract.ts";
import { reasonInWords } from "./reason-words.ts";

const never = new AbortController().signal;

/** What the suite must know of a kind of cluster before it opens one. */
export interface ClusterTraits {
  /** Options with which a job waits, for as long as the test likes; absent where every job starts at once. */
  readonly pendingOptions?: readonly string[];
  /** Whether the fixture can make the cluster forget. */
  readonly forgets?: true;
}

/** The behaviour of every cluster. */
export function describeCluster(name: string, open: () => Promise<ClusterFixture>, traits: ClusterTraits = {}): void {
  describe(`cluster: ${name}`, { timeout: 120_000 }, () => {
    const { pendingOptions: options, forgets } = traits;
    const none = (): void => {};
    const whereJobsWait = options === undefined ? none : test;
    const whereAllStart = options === undefined ? test : none;
    const whereForgotten = forgets === true ? test : none;
    let fixture: ClusterFixture;
    let cluster: Cluster;
    beforeAll(async () => {
      fixture = await open();
      ({ cluster } = fixture);
    });
    afterAll(() => fixture.close());

    type Asked = Partial<SubmitRequest> & { readonly does?: Does };
    const submit = (script: string | Uint8Array, { does, ...rest }: Asked = {}): Promise<SubmittedJob> => {
      const request = requestOf(script, { workDirectory: fixture.workDirectory, ...rest });
      if (does !== undefined) fixture.stage?.(request.jobId, does);
      return cluster.submit(request, never);
    };
    const run = async (script: string | Uint8Array, rest: Asked = {}): Promise<Ended> => {
      const ended = await followToEnd(cluster, await submit(script, rest));
      await cluster.forget(ended.job, never);
      return ended;
    };
    const refused = async (script: string, rest: Partial<SubmitRequest> = {}): Promise<unknown> => {
      const request = requestOf(script, { workDirectory: fixture.workDirectory, ...rest });
      const error: unknown = await cluster.submit(request, never).catch((caught: unknown) => caught);
      expect(await cluster.find(request.jobId, never)).toBeUndefined();
      return error;
    };

    test("a job that succeeds is completed, with its output as it wrote it", async () => {
      const { observations, stdout, stderr } = await run("#!/bin/sh\necho out\necho err >&2\nprintf unterminated\n", {
        does: () => ({ stdout: "out\nunterminated", stderr: "err\n" }),
      });
      expect(observations).toHaveLength(1);
      expect(observations[0]).toMatchObject({ state: "completed", exit: { status: 0, signal: 0 }, name: "job.sh" });
      expect(stdout.toString()).toBe("out\nunterminated");
      expect(stderr.toString()).toBe("err\n");
    });

    test("a job that fails keeps its exit code", async () => {
      const { observations } = await run("#!/bin/sh\nexit 3\n", { does: () => ({ status: 3 }) });
      expect(observations[0]).toMatchObject({ state: "failed", exit: { status: 3, signal: 0 } });
    });

    test("a job has the variables of who asked for it, and none of the process that submits it", async () => {
      const callerEnvironment = { PATH: "/usr/local/bin:/usr/bin:/bin", FOO: "it's $(x)", BAR: "caller" };
      const { stdout } = await run('#!/bin/sh\necho "$FOO $BAR ${VITEST-none}"\n', {
        callerEnvironment,
        environment: { BAR: "own" },
        does: () => ({ stdout: "it's $(x) own none\n" }),
      });
      expect(stdout.toString()).toBe("it's $(x) own none\n");
    });

    test("a script that a signal ends has that signal, and 128 more for a shell", async () => {
      const { observations } = await run("#!/bin/sh\nkill -KILL $$\n", { does: () => ({ signal: 9 }) });
      expect(observations[0]).toMatchObject({ state: "failed", exit: { status: 0, signal: 9 } });
      expect(observations.map(exitCodeOf)).toEqual([137]);
    });

    test("a status above 128 that the script chose is not taken for a signal", async () => {
      const { observations } = await run("#!/bin/sh\nexit 139\n", { does: () => ({ status: 139 }) });
      expect(observations[0]).toMatchObject({ state: "failed", exit: { status: 139, signal: 0 } });
    });

    test("a running job can be cancelled, with all that it started", async () => {
      const job = await submit("#!/bin/sh\nsetsid sleep 321.5 &\necho started\nsleep 300\n", {
        does: () => ({ stdout: "started\n", until: () => false }),
      });
      const { observations, stdout } = await followToEnd(cluster, job, async (state) => {
        if (state === "running") await cluster.cancel(job, never);
      });
      expect(observations[0]).toMatchObject({ state: "cancelled" });
      expect(observations.map(exitCodeOf)).toEqual([143]);
      expect(["", "started\n"]).toContain(stdout.toString());
      await cluster.cancel(job, never);
      await cluster.forget(job, never);
    });

    whereJobsWait("a job that waits can be cancelled, and never runs", async () => {
      const job = await submit("#!/bin/sh\necho ran\n", {
        options: options ?? [],
        does: () => ({ stdout: "ran\n" }),
      });
      const { observations, stdout } = await followToEnd(cluster, job, async (state) => {
        if (state === "pending" || state === "held") await cluster.cancel(job, never);
      });
      expect(observations[0]).toMatchObject({ state: "cancelled" });
      expect(observations[0]?.startedAt).toBeUndefined();
      expect(stdout.toString()).toBe("");
      await cluster.forget(job, never);
    });

    test("each task of an array has its own end, variables and output", async () => {
      const script = '#!/bin/sh\necho "task $SLURM_ARRAY_TASK_ID of $SLURM_ARRAY_JOB_ID"\nexit $SLURM_ARRAY_TASK_ID\n';
      const { job, observations, stdout } = await run(script, {
        options: ["--array=0,2-3%2"],
        does: ({ nativeId, task = -1 }) => ({ stdout: `task ${task} of ${nativeId}\n`, status: task }),
      });
      expect(job.tasks).toEqual([0, 2, 3]);
      expect(observations.map(({ nativeId, state, exit }) => [nativeId, state, exit?.status])).toEqual([
        [`${job.nativeId}_0`, "completed", 0],
        [`${job.nativeId}_2`, "failed", 2],
        [`${job.nativeId}_3`, "failed", 3],
      ]);
      expect(stdout.toString().trim().split("\n").sort()).toEqual([0, 2, 3].map((i) => `task ${i} of ${job.nativeId}`));
    });

    test("bytes that are no text, and more of them than one read takes, come through", async () => {
      const { stdout } = await run("#!/bin/sh\nprintf '\\377\\000\\r\\n'\nhead -c 1500000 /dev/zero | tr '\\0' x\n", {
        does: () => ({ stdout: Buffer.concat([Buffer.from([0xff, 0, 13, 10]), Buffer.alloc(1_500_000, "x")]) }),
      });
      expect(stdout.subarray(0, 4)).toEqual(Buffer.from([0xff, 0, 13, 10]));
      expect(stdout).toHaveLength(1_500_004);
    });

    test("output arrives while the job runs", async () => {
      let goes = false;
      const flag = `${fixture.workDirectory}/go-${ulid()}`;
      const job = await submit('#!/bin/sh\nprintf first\nuntil [ -e "$1" ]; do sleep 0.05; done\nprintf second\n', {
        args: [flag],
        does: () => ({ stdout: "first", until: () => goes, last: "second" }),
      });
      const seen: string[] = [];
      for await (const event of followJob({ cluster, clock: systemClock }, job, {
        signal: never,
        deadlineMs: 50_000,
      })) {
        if (event.type !== "output") continue;
        seen.push(Buffer.from(event.bytes).toString());
        if (seen.length === 1) {
          await run('#!/bin/sh\n: >"$1"\n', { args: [flag] });
          goes = true;
        }
      }
      expect(seen).toEqual(["first", "second"]);
      await cluster.forget(job, never);
    });

    test("arguments arrive as they are, whatever is in them", async () => {
      const args = ["a b", "it's", '"', "$(id)", "`id`", "two\nlines", "*", "", "ü💥", "\\", "-x", "--"];
      const { stdout } = await run('#!/bin/sh\nfor arg; do printf "%s|" "$arg"; done\n', {
        args,
        does: (job) => ({ stdout: job.args.map((arg) => `${arg}|`).join("") }),
      });
      expect(stdout.toString()).toBe(args.map((arg) => `${arg}|`).join(""));
    });

    test("a script of any interpreter runs as it is, any byte of it", async () => {
      const script = Buffer.from('#!/usr/bin/awk -f\n# \xe9\nBEGIN { printf "%s", "\xe9" }\n', "latin1");
      const { stdout } = await run(script, { does: () => ({ stdout: Uint8Array.of(0xe9) }) });
      expect([...stdout]).toEqual([0xe9]);
    });

    test("options of the script count, and those of the command line over them", async () => {
      const script =
        '#!/bin/sh\n#SBATCH --job-name=inside --time=5\n#SBATCH --comment="a b"\nprintf %s "$SLURM_JOB_NAME"\n';
      const does: Does = (job) => ({ stdout: job.name });
      expect((await run(script, { does })).stdout.toString()).toBe("inside");
      expect((await run(script, { does, options: ["--job-name=outside"] })).stdout.toString()).toBe("outside");
    });

    test("output goes to the file that the user names, and is read from there", async () => {
      const { job, stdout, stderr } = await run("#!/bin/sh\necho out\necho err >&2\n", {
        options: ["--output=named-%j.txt"],
        does: () => ({ stdout: "out\n", stderr: "err\n" }),
      });
      expect(stdout.toString().split("\n").sort()).toEqual(["", "err", "out"]);
      expect(stderr.toString()).toBe("");
      const kept = {
        stream: "stdout",
        path: `${fixture.workDirectory}/named-${job.nativeId}.txt`,
        nativeId: job.nativeId,
      } as const;
      const slice = await cluster.readOutput(kept, { offset: 0, maxBytes: 100 }, never);
      expect(slice?.size).toBe(8);
    });

    test("the job starts in the folder that it was submitted from", async () => {
      const { stdout } = await run("#!/bin/sh\npwd -P\n", {
        does: (job) => ({ stdout: `${job.workDirectory}\n` }),
      });
      expect(stdout.toString().trim().split("/").at(-1)).toBe(fixture.workDirectory.split("/").at(-1));
    });

    test("a job is found by Sluice's id, and a second submission of that id is the same job", async () => {
      const request = requestOf("#!/bin/sh\necho once\n", { workDirectory: fixture.workDirectory });
      expect(await cluster.find(request.jobId, never)).toBeUndefined();
      fixture.stage?.(request.jobId, () => ({ stdout: "once\n" }));
      const job = await cluster.submit(request, never);
      expect(await cluster.find(request.jobId, never)).toEqual(job);
      expect(await cluster.submit(request, never)).toEqual(job);
      expect((await followToEnd(cluster, job)).stdout.toString()).toBe("once\n");
      expect(await cluster.find(request.jobId, never)).toEqual(job);
      await cluster.forget(job, never);
      expect(await cluster.find(request.jobId, never)).toBeUndefined();
      await cluster.forget(job, never);
    });

    test("an attempt that comes after it was ended submits nothing, and a later one submits the job", async () => {
      const request = requestOf("#!/bin/sh\necho late\n", { workDirectory: fixture.workDirectory });
      fixture.stage?.(request.jobId, () => ({ stdout: "late\n" }));
      expect(await cluster.find(request.jobId, never, 3)).toBeUndefined();
      expect(await cluster.find(request.jobId, never, 2)).toBeUndefined();
      const late = cluster.submit({ ...request, attempt: 3 }, never);
      await expect(late).rejects.toMatchObject({ code: "CLUSTER_BUSY" });
      expect(await cluster.find(request.jobId, never)).toBeUndefined();
      const job = await cluster.submit({ ...request, attempt: 5 }, never);
      expect((await followToEnd(cluster, job)).stdout.toString()).toBe("late\n");
      expect(await cluster.find(request.jobId, never, 5)).toEqual(job);
    });

    whereForgotten("what the cluster has forgotten is told by the receipts", async () => {
      const job = await submit("#!/bin/sh\nexit $SLURM_ARRAY_TASK_ID\n", { options: ["--array=0-1"] });
      await followToEnd(cluster, job);
      await fixture.forgetEnded?.(job);
      const again = await followToEnd(cluster, job);
      expect(again.observations.map(({ state, exit }) => [state, exit?.status])).toEqual([
        ["completed", 0],
        ["failed", 1],
      ]);
      await cluster.forget(job, never);
    });

    test("a script that sbatch would refuse is refused, with line and column, and nothing is left", async () => {
      for (const script of [
        "",
        "echo no interpreter\n",
        "#!/bin/sh\r\necho dos\r\n",
        "#!/bin/sh\n#SBATCH --bogus=1\n",
      ]) {
        const error = await refused(script);
        expect(error).toMatchObject({ code: "SCRIPT_INVALID", message: expect.stringMatching(/line \d+, column \d+/) });
      }
    });

    test("a value that sbatch would refuse is refused, and nothing is left", async () => {
      expect(await refused("#!/bin/sh\n", { options: ["--time=soon"] })).toMatchObject({ code: "INPUT_INVALID" });
    });

    test("nodes and partitions are told, each node once and each partition with the nodes that name it", async () => {
      const { nodes, partitions } = await cluster.inventory(never);
      expect(nodes.length).toBeGreaterThan(0);
      expect(new Set(nodes.map((node) => node.name)).size).toBe(nodes.length);
      for (const { cpus, memoryMb } of nodes) {
        for (const { total, allocated } of [cpus, memoryMb]) expect(allocated).toBeLessThanOrEqual(total);
        expect(cpus.total).toBeGreaterThan(0);
      }
      expect(partitions.filter(({ isDefault }) => isDefault).length).toBeLessThanOrEqual(1);
      for (const partition of partitions) {
        expect(nodes.filter((node) => node.partitions.includes(partition.name))).toHaveLength(partition.totalNodes);
      }
    });

    describeClusterFiles(() => fixture);

    const tooLarge = { options: ["--nodes=4000"] };
    whereJobsWait("a job that is too large for the cluster says why it waits", async () => {
      const job = await submit("#!/bin/sh\n", tooLarge);
      const reason = async (): Promise<string> => reasonInWords((await cluster.observe(job, never))[0]?.reason ?? "");
      await expect.poll(reason, { timeout: 10_000, interval: 20 }).toMatch(/it asks for more/);
      await cluster.cancel(job, never);
      await followToEnd(cluster, job);
      await cluster.forget(job, never);
    });

    whereAllStart("a job that is too large for the cluster is refused, and nothing is left", async () => {
      expect(await refused("#!/bin/sh\n", tooLarge)).toMatchObject({ code: "CAPABILITY_MISSING" });
    });
  });
}
