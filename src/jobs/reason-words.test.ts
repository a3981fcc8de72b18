import { expect, test } from "vitest";
import { reasonInWords } from "./reason-words.ts";

test("reasons are told in words", () => {
  expect(reasonInWords("Resources")).toBe("waiting for nodes, CPUs, memory or GPUs to become free");
  expect(reasonInWords("launch failed requeued held")).toMatch(/^held after it could not be launched/);
});

test("detail behind a reason is kept", () => {
  expect(reasonInWords("ReqNodeNotAvail, UnavailableNodes:cpu-[0-1]")).toBe(
    "nodes that it asks for are down, drained or reserved (UnavailableNodes:cpu-[0-1])",
  );
});

test("a limit names whose it is, and its code", () => {
  expect(reasonInWords("QOSMaxJobsPerUserLimit")).toBe("it exceeds its QOS's limit (QOSMaxJobsPerUserLimit)");
  expect(reasonInWords("AssocGrpCpuLimit")).toContain("its account");
});

test("an unknown reason is shown as it is", () => {
  expect(reasonInWords("SomethingNew")).toBe("SomethingNew");
});
