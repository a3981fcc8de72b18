import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { MockBackend } from "../testing/mock-backend.ts";
import { mockCluster } from "../testing/mock-cluster.ts";
import { Cluster } from "./cluster.ts";
import { task } from "./define/task.ts";
import { enterJob } from "./in-job/in-job.ts";
import { DependencyNeverError } from "./job-end-errors.ts";
import { BenchmarkObserver } from "./observers/benchmark-observer.ts";
import { LogObserver } from "./observers/log-observer.ts";
import { observe } from "./observers/observe.ts";
import type { Observer } from "./observers/observer.ts";

const load = task({ name: "load", partition: "debug" }, (path: string) => ({ rows: path.length }));
const sum = task({ name: "sum" }, (tables: readonly { rows: number }[], options: { scale?: number }) =>
  tables.reduce((rows, table) => rows + table.rows, options.scale ?? 0),
);

/** The values of one option in a script. */
function optionOf(script: string, name: string): readonly string[] {
  return Array.from(script.matchAll(new RegExp(`^#SBATCH --${name}=(.*)$`, "gm")), ([, value = ""]) => value);
}

test("options of the cluster count before nothing, those of the task before them, those of the submit before all", async () => {
  const mock = new MockBackend();
  await using cluster = new Cluster(mock, { submit: { account: "physics", partition: "short", qos: "low", time: 5 } });
  const job = await cluster.submit(load, { qos: "high", env: { KEY: "a b" }, labels: { team: "x" }, cwd: "/data" })(
    "a",
  );
  expect(optionOf(job.script, "account")).toEqual(["physics"]);
  expect(optionOf(job.script, "partition")).toEqual(["debug"]);
  expect(optionOf(job.script, "qos")).toEqual(["high"]);
  expect(optionOf(job.script, "time")).toEqual(["00:05:00"]);
  expect(mock.submissions[0]).toMatchObject({ environment: { KEY: "a b" } });
  expect((await mock.job(job.id)).labels).toEqual({ team: "x" });
});

test("an option that there is not is refused, with a suggestion, and nothing is submitted", async () => {
  await using cluster = mockCluster();
  const options: object = { partitoin: "gpu" };
  await expect(cluster.submit(load, { ...options })("a")).rejects.toMatchObject({
    code: "INPUT_INVALID",
    message: expect.stringContaining("partition"),
  });
  expect(cluster.submissions).toHaveLength(0);
});

test("jobs among the arguments become values and dependencies, however deep, each once", async () => {
  await using cluster = mockCluster();
  const a = await cluster.submit(load)("a");
  const rows = await cluster.map(load, ["b", "c"]);
  const job = await cluster.submit(sum)([a, { rows: 1 }, rows.at(1) ?? a, a], { scale: 2 });
  expect(cluster.submissions[2]?.options.get("dependency")).toBe("afterok:1,afterok:2_1");
  expect(optionOf(job.script, "kill-on-invalid-dep")).toEqual(["yes"]);
  expect(job.script).toContain('{"$job":{"id":"mock-2","task":1}}');
});

test("an array among the arguments stands for the list of its values", async () => {
  await using cluster = mockCluster();
  const rows = await cluster.map(load, ["b", "c"]);
  await cluster.submit(sum)(rows, {});
  expect(cluster.submissions[1]?.options.get("dependency")).toBe("afterok:1");
});

test("each kind of dependency is put to the scheduler", async () => {
  await using cluster = mockCluster();
  const a = await cluster.submit(load)("a");
  const rows = await cluster.map(load, ["b", "c"]);
  const after = { afterany: a, afternotok: [a], after: rows.at(0), aftercorr: rows, singleton: true };
  await cluster.submit(load, { after, killOnInvalidDep: "no" })("d");
  const options = cluster.submissions[2]?.options;
  expect(options?.get("dependency")).toBe("singleton,afterany:1,afternotok:1,after:2_0,aftercorr:2");
  expect(options?.get("kill-on-invalid-dep")).toBe("no");
  await cluster.submit(load.after(a))("e");
  expect(cluster.submissions[3]?.options.get("dependency")).toBe("afterok:1");
});

test("where jobs cannot wait for others, the submission waits", async () => {
  const mock = new MockBackend({ outcomes: [{ task: "bad", throws: new Error("no") }] });
  mock.hasDependencies = async () => false;
  await using cluster = new Cluster(mock);
  const good = await cluster.submit(load)("a");
  const bad = await cluster.submit(load, { name: "bad" })("b");
  await cluster.submit(load, { after: { afterok: good, afternotok: bad } })("c");
  expect((await mock.job(good.id)).state).toBe("completed");
  expect(mock.submissions[2]?.options.get("dependency")).toBeUndefined();
  await expect(cluster.submit(load, { after: bad })("d")).rejects.toBeInstanceOf(DependencyNeverError);
  await expect(cluster.submit(load, { after: { singleton: true } })("d")).rejects.toMatchObject({
    code: "CAPABILITY_MISSING",
  });
  expect(mock.submissions).toHaveLength(3);
});

test("what the scheduler refuses is refused with its words", async () => {
  await using cluster = mockCluster({ outcomes: [{ refused: "Invalid qos specification" }] });
  await expect(cluster.submit(load)("a")).rejects.toMatchObject({
    code: "SUBMIT_REJECTED",
    message: expect.stringContaining("Invalid qos specification"),
  });
});

test("arguments that cannot travel are named before anything is submitted", async () => {
  await using cluster = mockCluster();
  const model = { loss: () => 1 };
  await expect(cluster.submitCall(load.definition, [{ model }])).rejects.toMatchObject({
    code: "NOT_SERIALISABLE",
    message: expect.stringMatching(/^args\[0\]\.model\.loss is a function/),
  });
  expect(cluster.submissions).toHaveLength(0);
});

test("what is no task function is refused with a word of what to do", async () => {
  await using cluster = mockCluster();
  const fn: object = (path: string) => path;
  expect(() => Reflect.apply(Cluster.prototype.submit.bind(cluster), cluster, [fn])("a")).toThrow(
    "make one of it with task(fn)",
  );
});

test("tasks are called directly in the scope of a cluster", async () => {
  await using cluster = mockCluster({ outcomes: [{ returns: { rows: 3 } }] });
  const value = await cluster.use(async () => {
    const rows = await load.map(["a", "b"]);
    await rows.results();
    return (await load("c")).wait();
  });
  expect(value).toEqual({ rows: 3 });
  expect(cluster.submissions.map(({ name }) => name)).toEqual(["load", "load"]);
});

test("a script is submitted as it is, with options that count before its own and the cluster's behind them", async () => {
  const mock = new MockBackend({ outcomes: [{ exitCode: 0 }] });
  await using cluster = new Cluster(mock, { submit: { partition: "short", account: "physics" } });
  const text = "#!/bin/sh\n#SBATCH --partition=long\n#SBATCH --mem=1G\nhostname\n";
  const job = await cluster.sbatch(text, { args: ["a b", "$(c)"], mem: "2G", name: "mine" });
  expect(job.script).toBe(text);
  const [submission] = mock.submissions;
  expect(Object.fromEntries(submission?.options ?? [])).toMatchObject({
    partition: "long",
    account: "physics",
    mem: "2G",
  });
  expect(submission).toMatchObject({ name: "mine", args: ["a b", "$(c)"] });
  expect(await job.wait()).toMatchObject({ state: "completed", exitCode: 0 });
});

test("a script in a file is called by its name", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "train it.sh");
  await writeFile(path, "#!/bin/sh\ntrue\n");
  await using cluster = mockCluster();
  await cluster.run(path, { args: ["1"] });
  expect(cluster.submissions[0]).toMatchObject({ name: "train it.sh", args: ["1"] });
  await expect(cluster.run(join(folder, "gone.sh"))).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  await expect(cluster.sbatch("hostname\n")).rejects.toMatchObject({ code: "SCRIPT_INVALID" });
});

test("a job is found again, with its value or how it ended", async () => {
  await using cluster = mockCluster({ outcomes: [{ task: "load", returns: { rows: 5 } }] });
  const job = await cluster.submit(load)("a");
  const script = await cluster.sbatch("#!/bin/sh\ntrue\n");
  const array = await cluster.map(load, ["a", "b"]);
  expect(await (await cluster.job(job.id)).wait()).toEqual({ rows: 5 });
  expect(await (await cluster.job(script.id)).wait()).toMatchObject({ exitCode: 0 });
  expect(await (await cluster.arrayJob(array.id)).results()).toEqual([{ rows: 5 }, { rows: 5 }]);
  await expect(cluster.job(array.id)).rejects.toMatchObject({ code: "INPUT_INVALID" });
  await expect(cluster.arrayJob(job.id)).rejects.toMatchObject({ code: "INPUT_INVALID" });
  await expect(cluster.job("mock-99")).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
});

test("observers hear of a job from its submission to its end", async () => {
  await using cluster = mockCluster({ outcomes: [{ polls: 2 }] });
  const heard: string[] = [];
  const benchmark = new BenchmarkObserver();
  const observer: Observer = {
    onSubmitStart: ({ name, calls }) => heard.push(`submit ${name} ${calls}`),
    onSubmitEnd: ({ jobId }) => heard.push(`submitted ${jobId}`),
    onStatus: ({ status }) => heard.push(status.state),
    onCompleted: ({ status, task: id }) => heard.push(`completed ${status.state} ${id}`),
  };
  for (const one of [observer, benchmark, new LogObserver((line) => void heard.push(line))]) cluster.on(one);
  const job = await cluster.submit(load)("a");
  await job.wait();
  await expect.poll(() => heard).toContain(`completed completed ${load.definition.id}`);
  expect(heard.slice(0, 2)).toEqual(["submit load 1", "submitted mock-1"]);
  expect(heard).toContain("running");
  expect(heard.filter((line) => line.includes('"load" mock-1 ended: completed'))).toHaveLength(1);
  expect(benchmark.metrics.jobs).toMatchObject([{ jobId: "mock-1", name: "load", state: "completed" }]);
});

test("an observer that throws, or rejects, fails nothing", async () => {
  await using cluster = mockCluster();
  const fail = (): never => {
    throw new Error("observer");
  };
  using _first = cluster.on({ onSubmitStart: fail, onSubmitEnd: fail, onStatus: fail, onCompleted: fail });
  using _second = observe({ onSubmitStart: async () => fail(), onCompleted: async () => fail() });
  await expect((await cluster.submit(load)("a")).wait()).resolves.toBeUndefined();
});

test("an observer hears no more once it is taken back", async () => {
  await using cluster = mockCluster();
  const heard: string[] = [];
  const taken = [
    cluster.on({ onSubmitEnd: () => heard.push("one") }),
    observe({ onSubmitEnd: () => heard.push("all") }),
  ];
  await cluster.submit(load)("a");
  for (const one of taken) one[Symbol.dispose]();
  await cluster.submit(load)("b");
  expect(heard.toSorted()).toEqual(["all", "one"]);
});

test("in the job of a workflow its children are told of", async () => {
  await using cluster = mockCluster();
  const heard: unknown[] = [];
  using _observed = observe({ onWorkflowTaskSubmitted: ({ jobId, name, calls }) => heard.push([jobId, name, calls]) });
  await cluster.submit(load)("a");
  enterJob();
  onTestFinished(() => void Reflect.deleteProperty(globalThis, Symbol.for("sluice.in-job")));
  await cluster.map(load, ["b", "c"]);
  expect(heard).toEqual([["mock-2", "load", 2]]);
});

async function temporaryFolder(): Promise<string> {
  const { mkdtemp, rm } = await import("node:fs/promises");
  const { tmpdir } = await import("node:os");
  const folder = await mkdtemp(join(tmpdir(), "sdk it's "));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
