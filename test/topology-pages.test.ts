import { afterAll, beforeAll, expect, test } from "vitest";
import { engineExamples, providerExamples } from "../scripts/topology-examples.ts";
import { engineKinds } from "../src/topology/engines/registry.ts";
import { providerKinds } from "../src/topology/providers/registry.ts";
import { openWorkspace, type Workspace } from "./sluice.ts";

let space: Workspace;
beforeAll(async () => {
  space = await openWorkspace();
});
afterAll(async () => {
  await space[Symbol.asyncDispose]();
});

const examples = [...Object.values(providerExamples), ...Object.values(engineExamples)];

test("every provider and every engine has an example, and nothing else has", () => {
  expect(Object.keys(providerExamples).toSorted()).toEqual(providerKinds.kinds.toSorted());
  expect(Object.keys(engineExamples).toSorted()).toEqual(engineKinds.kinds.toSorted());
});

test.each(examples.filter((example) => / (?:test|[a-z]+-sim) ?(?:--model|$)/.test(example)))(
  "the example works: %s",
  async (example) => {
    const { stdout, stderr, exitCode } = await space.inProcess(...example.split(" ").slice(1));
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(stdout.trim()).not.toBe("");
  },
);
