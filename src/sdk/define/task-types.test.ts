import { describe, expectTypeOf, test } from "vitest";
import type { ArrayJob } from "../array-job.ts";
import type { Cluster } from "../cluster.ts";
import type { WorkflowContext } from "../in-job/workflow-context.ts";
import type { Job } from "../job.ts";
import { task, workflow, type Sent, type TaskOptions } from "./task.ts";

interface Model {
  readonly weights: readonly number[];
  readonly meta: { readonly at: Date; readonly tags: ReadonlyMap<string, number> };
}

const train = task({ id: "types-train", cpus: 4 }, async (rate: number, model: Model, label?: string) => ({
  loss: rate,
  label,
}));
const total = task({ id: "types-total" }, (values: readonly number[]) => values.length);
const nothing = task({ id: "types-nothing" }, () => {});
const many = task({ id: "types-many" }, (first: string, ...others: number[]) => first + others.length);
const sweep = workflow({ id: "types-sweep" }, async (context, rates: number[]) => {
  expectTypeOf(context).toEqualTypeOf<WorkflowContext>();
  return rates.length;
});

declare const cluster: Cluster;
declare const number: Job<number>;
declare const numbers: ArrayJob<number>;
declare const model: Model;

/** Types alone: nothing of this is called. */
function neverCalled(check: () => unknown): void {
  void check;
}

describe("types", () => {
  test("arguments and values go through submit", () => {
    neverCalled(() => {
      expectTypeOf(cluster.submit(train)(0.1, model)).toEqualTypeOf<
        Promise<Job<{ loss: number; label: string | undefined }>>
      >();
      expectTypeOf(cluster.submit(total)([1, 2])).toEqualTypeOf<Promise<Job<number>>>();
      expectTypeOf(cluster.submit(nothing)()).toEqualTypeOf<Promise<Job<void>>>();
      expectTypeOf(cluster.submit(many)("a", 1, 2)).toEqualTypeOf<Promise<Job<string>>>();
      // @ts-expect-error a text is no number
      void cluster.submit(train)("0.1", model);
      // @ts-expect-error an argument is missing
      void cluster.submit(train)(0.1);
      // @ts-expect-error there is no third argument
      void cluster.submit(total)([1], 2);
    });
  });

  test("a job stands for its value anywhere among the arguments", () => {
    neverCalled(() => {
      void cluster.submit(train)(number, { ...model, weights: [1, number] });
      void cluster.submit(total)(numbers);
      void cluster.submit(total)([number, 2]);
      void train(number, model);
      // @ts-expect-error a job of another value
      void train(0.1, number);
      // @ts-expect-error an array's job where one number is wanted
      void train(numbers, model);
    });
    expectTypeOf<Job<number>>().toExtend<Sent<number | string>>();
    expectTypeOf<Job<Date>>().toExtend<Sent<Date>>();
    expectTypeOf<Map<string, Job<number>>>().toExtend<Sent<ReadonlyMap<string, number>>>();
    expectTypeOf<Sent<unknown>>().toEqualTypeOf<unknown>();
  });

  test("items and values go through map", () => {
    neverCalled(() => {
      expectTypeOf(cluster.map(many, ["a", ["b", 1]])).toEqualTypeOf<Promise<ArrayJob<string>>>();
      expectTypeOf(total.map([[[1, 2]], [numbers]])).toEqualTypeOf<Promise<ArrayJob<number>>>();
      void train.map(
        [
          [0.1, model],
          [number, model, "x"],
        ],
        { maxConcurrent: 2 },
      );
      // @ts-expect-error a list among the items is a list of arguments
      void total.map([[1, 2]]);
      // @ts-expect-error this task needs two arguments
      void train.map([0.1]);
    });
  });

  test("a workflow's context is not among its arguments", () => {
    neverCalled(() => {
      expectTypeOf(cluster.submit(sweep)([0.1])).toEqualTypeOf<Promise<Job<number>>>();
      // @ts-expect-error it takes numbers
      void cluster.submit(sweep)(["a"]);
    });
    expectTypeOf(sweep.unwrapped).toEqualTypeOf<(context: WorkflowContext, rates: number[]) => Promise<number>>();
    expectTypeOf(train.unwrapped).returns.resolves.toEqualTypeOf<{ loss: number; label: string | undefined }>();
  });

  test("partial leaves the arguments that are not given", () => {
    neverCalled(() => {
      const bound = train.partial(0.1);
      expectTypeOf(cluster.submit(bound)).parameters.toEqualTypeOf<[Sent<Model>, Sent<string | undefined>?]>();
      void cluster.submit(train.partial(number, model))();
      void cluster.submit(many.partial("a"))(1, 2);
      void cluster.submit(sweep.partial([1]))();
      // @ts-expect-error a text is no number
      train.partial("0.1");
      // @ts-expect-error the model is not given
      void cluster.submit(bound)();
    });
  });

  test("after and with keep the types", () => {
    neverCalled(() => {
      expectTypeOf(train.with({ cpus: 8 })).toEqualTypeOf<typeof train>();
      expectTypeOf(sweep.with({ cpus: 8 })).toEqualTypeOf<typeof sweep>();
      expectTypeOf(train.after(number, { afterany: numbers, singleton: true })).toEqualTypeOf<typeof train>();
      // @ts-expect-error what is no job cannot be waited for
      train.after("123");
      // @ts-expect-error a condition that there is not
      train.after({ afterOk: number });
    });
  });

  test("options that there are not do not compile", () => {
    neverCalled(() => {
      // @ts-expect-error an unknown option
      task({ cpu: 4 }, () => 1);
      // @ts-expect-error an unknown option where it is submitted
      cluster.submit(nothing, { partitoin: "gpu" });
      // @ts-expect-error map makes the array
      task({ array: "0-9" }, () => 1);
      // @ts-expect-error a flag takes no text
      task({ hold: "yes" }, () => 1);
      // @ts-expect-error not one of its values
      task({ exclusive: "all" }, () => 1);
      // @ts-expect-error a state that no call is made again for
      task({ retries: { limit: 1, on: ["ended"] } }, () => 1);
      // @ts-expect-error an id is for definitions
      train.with({ id: "other" });
    });
    expectTypeOf<TaskOptions["cpusPerTask"]>().toEqualTypeOf<number | string | null | undefined>();
    expectTypeOf<TaskOptions["hold"]>().toEqualTypeOf<boolean | null | undefined>();
    expectTypeOf<TaskOptions["exclusive"]>().toEqualTypeOf<boolean | "user" | "mcs" | "topo" | null | undefined>();
    expectTypeOf<TaskOptions["partition"]>().toEqualTypeOf<string | readonly string[] | null | undefined>();
  });
});
