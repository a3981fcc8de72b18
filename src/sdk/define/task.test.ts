import { basename } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { inScopeOf } from "../scope.ts";
import { jobMarker } from "../values/job-marker.ts";
import { definersAt } from "./definers-at.ts";
import type { After } from "./dependency.ts";
import { registeredTask, registeredTasks } from "./registry.ts";
import { task, workflow } from "./task.ts";

const here = import.meta.filename;
const path = "src/sdk/define/task.test.ts";
const job = { [jobMarker]: { id: "01J" } };

const one = (): number => 1;

async function double(x: number): Promise<number> {
  return x * 2;
}

const doubled = task(double);
const summed = task({ cpus: 2, time: "2h" }, (a: number, b: number) => a + b);
const named = task({ name: "tidy up" }, () => "done");
const flow = workflow({ id: "flow" }, async (_context, n: number) => n);

afterEach(() => vi.restoreAllMocks());

test("a task is known by its module and its function's name, by its own name, or by its place among those without", () => {
  expect([doubled, summed, named, flow].map(({ definition }) => definition.id)).toEqual([
    `${path}#double`,
    `${path}#1`,
    `${path}#tidy up`,
    "flow",
  ]);
  expect(registeredTask("flow")).toBe(flow.definition);
  expect(registeredTasks()).toContain(doubled.definition);
});

test("jobs are called as the option says, else as the function, else as the module", () => {
  expect([doubled, summed, named].map(({ definition }) => definition.name)).toEqual(["double", "task.test", "tidy up"]);
  expect(doubled.name).toBe("double");
  expect(summed.with({ name: "sum" }).definition.name).toBe("sum");
});

test("it knows the file that defines it, and the line", () => {
  const { module, place } = doubled.definition;
  expect(module).toBe(here);
  expect(place.path).toBe(path);
  expect(place.call?.file).toBe(here);
  expect(place.call?.line).toBeGreaterThan(10);
});

test("import.meta says the module where another one makes the task", () => {
  const elsewhere = task({}, function made() {}, { url: `file:///elsewhere/src/${basename(here)}?t=1` });
  expect(elsewhere.definition.module).toBe(`/elsewhere/src/${basename(here)}`);
  expect(elsewhere.definition.id).toBe(`${basename(here)}#made`);
});

test("what is no file cannot define a task", () => {
  expect(() => task({}, () => 1, { url: "data:text/javascript,1" })).toThrow(
    expect.objectContaining({ code: "INPUT_INVALID", message: expect.stringContaining('in "data:text/javascript,1"') }),
  );
});

describe("the same task, otherwise", () => {
  test("its function can be called here", async () => {
    expect(summed.unwrapped(2, 3)).toBe(5);
    await expect(doubled.unwrapped(4)).resolves.toBe(8);
  });

  test("with other options, of which the higher ones count", () => {
    const other = summed.with({ cpusPerTask: 8, partition: "gpu" });
    expect(other.definition.options).toEqual({ cpusPerTask: 8, time: "2h", partition: "gpu" });
    expect(other.definition.id).toBe(summed.definition.id);
    expect(summed.definition.options).toEqual({ cpusPerTask: 2, time: "2h" });
  });

  test("after other jobs, on every condition", () => {
    const { after } = doubled
      .after(job)
      .after([job, job])
      .after({ afterany: job, afternotok: [job], aftercorr: job, after: job, singleton: true }).definition;
    expect(after.map(({ condition }) => condition)).toEqual([
      "afterok",
      "afterok",
      "afterok",
      "afterany",
      "afternotok",
      "aftercorr",
      "after",
      "singleton",
    ]);
    expect(doubled.definition.after).toEqual([]);
  });

  test("with its first arguments given", () => {
    expect(summed.partial(1).partial(2).definition.bound).toEqual([1, 2]);
  });

  test("it is not registered again", () => {
    const before = registeredTasks().length;
    summed.with({ cpus: 3 }).after(job).partial(1);
    expect(registeredTasks()).toHaveLength(before);
    expect(registeredTask(summed.definition.id)).toBe(summed.definition);
  });
});

test.for([
  ["a promise", Promise.resolve(job), /^after takes jobs, or jobs by condition, not a promise; await it first$/],
  [
    "a promise among conditions",
    { afterany: Promise.resolve(job) },
    /^after\.afterany takes jobs.*a promise; await it first$/,
  ],
  ["an unknown condition", { afterOk: job }, /^after knows no condition "afterOk"; did you mean afterok\?$/],
  ["a number", 5, /^after takes jobs, or jobs by condition, not number$/],
  ["a singleton that is none", { singleton: "yes" }, /^after\.singleton takes true or false/],
] as const)("after refuses %s", ([, given, message]) => {
  expect(() => Reflect.apply((...jobs: After[]) => doubled.after(...jobs), undefined, [given])).toThrow(
    expect.objectContaining({ code: "INPUT_INVALID", message: expect.stringMatching(message) }),
  );
});

describe("a call", () => {
  test("outside of all scopes says what to do instead", () => {
    expect(() => doubled(1)).toThrow(/cluster\.submit\(double\).*double\.unwrapped\(/);
    expect(() => doubled.map([1])).toThrow(expect.objectContaining({ code: "INPUT_INVALID" }));
  });

  test("in a scope goes to that scope's cluster", async () => {
    const calls: unknown[] = [];
    const take = (...call: readonly unknown[]): Promise<never> => {
      calls.push(call);
      return Promise.reject(new Error("taken"));
    };
    const ten = summed.partial(10);
    await inScopeOf({ submitCall: take, mapCalls: take }, async () => {
      await expect(doubled(1)).rejects.toThrow("taken");
      await expect(ten.map([1, 2], { maxConcurrent: 1 })).rejects.toThrow("taken");
    });
    expect(calls).toEqual([
      [doubled.definition, [1]],
      [ten.definition, [1, 2], { maxConcurrent: 1 }],
    ]);
  });
});

describe("ids", () => {
  test("that two tasks share are refused, with the places of both", () => {
    task({ id: "shared" }, () => 1);
    expect(() => task({ id: "shared" }, () => 2)).toThrow(
      expect.objectContaining({
        code: "INPUT_INVALID",
        message: expect.stringMatching(
          /two tasks have the id "shared", at .*task\.test\.ts:\d+ and at .*task\.test\.ts:\d+;/,
        ),
      }),
    );
  });

  test("of a module that is loaded again belong to the newest", async () => {
    const file = new URL("fixtures/two-tasks.ts", import.meta.url).pathname;
    const first = await import(file);
    vi.resetModules();
    const second = await import(file);
    expect(second.nameless.definition.id).toBe(first.nameless.definition.id);
    expect(second.nameless.definition).not.toBe(first.nameless.definition);
    expect(registeredTask("src/sdk/define/fixtures/two-tasks.ts#1")).toBe(second.nameless.definition);
  });

  test("are the same where a module's place is told to its definers", () => {
    const definers = definersAt({ module: "/p/src/train.ts", path: "src/train.ts" });
    const ids = [definers.task(double), definers.task({}, () => 1), definers.workflow({}, async () => 2)].map(
      ({ definition }) => definition.id,
    );
    expect(ids).toEqual(["src/train.ts#double", "src/train.ts#1", "src/train.ts#2"]);
  });

  test("of tasks that one line makes again and again are refused where that must be told", () => {
    const definers = definersAt({ module: "/p/src/loop.ts", path: "src/loop.ts" });
    const make = (rate: number): unknown => definers.task({}, () => rate);
    make(1);
    expect(() => make(2)).toThrow(
      'two tasks have the id "src/loop.ts#1", at /p/src/loop.ts and at /p/src/loop.ts; a task is made once, at the top level',
    );
  });

  test.for(["", "a\nb", 5])("cannot be %j", (id) => {
    expect(() => Reflect.apply(task, undefined, [{ id }, () => 1])).toThrow(/id takes a text of one line/);
  });
});

test.for([
  ["no function", [{}], /task\(\) takes a function/],
  ["options that are none", [null, one], /takes a function, or an object/],
  ["an option that there is not", [{ cpu: 2 }, one], /^options\.cpu is no option; did you mean cpus\?$/],
  ["a value that is none", [{ memory: "much" }, one], /^options\.memory: memory size "much": not a size/],
] as const)("a definition with %s is refused where it stands", ([, given, message]) => {
  expect(() => Reflect.apply(task, undefined, given)).toThrow(
    expect.objectContaining({ code: "INPUT_INVALID", message: expect.stringMatching(message) }),
  );
});
