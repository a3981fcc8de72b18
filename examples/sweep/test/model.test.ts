import { expect, test } from "vitest";
import { trainModel } from "../src/model.ts";
import { pickBest, train } from "../src/tasks.ts";

// The plain functions, without a cluster.

test("training gets better with a learning rate that fits", () => {
  const [slow, fitting] = [0.001, 1].map((learningRate) => trainModel({ learningRate, penalty: 0 }));
  expect(fitting?.loss).toBeLessThan(slow?.loss ?? 0);
});

test("the best trial is the one with the lowest loss", () => {
  const trials = [0.01, 1, 0.1].map((learningRate) => train.unwrapped({ learningRate, penalty: 0 }));
  expect(pickBest.unwrapped(trials).learningRate).toBe(1);
});
