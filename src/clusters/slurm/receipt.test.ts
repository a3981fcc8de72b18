import { expect, test } from "vitest";
import { observeReceipt, parseReceipt } from "./receipt.ts";

const text = "job 12\nrestarts 1\nended 1700000000\nexit 3:0\n";

test("a receipt tells job, run, time and exit", () => {
  expect(parseReceipt(text)).toEqual({
    nativeId: "12",
    restarts: 1,
    endedAt: "2023-11-14T22:13:20.000Z",
    exit: { status: 3, signal: 0 },
  });
});

test("a receipt that is not whole is none", () => {
  for (let length = 0; length < text.length; length += 1) expect(parseReceipt(text.slice(0, length))).toBeUndefined();
});

test("failed after a plea for its end is cancelled; completed all the same is completed", () => {
  const receipt = { nativeId: "12", restarts: 0, endedAt: "", exit: { status: 0, signal: 15 } };
  expect(observeReceipt("12", receipt, false).state).toBe("failed");
  expect(observeReceipt("12", receipt, true).state).toBe("cancelled");
  expect(observeReceipt("12", { ...receipt, exit: { status: 0, signal: 0 } }, true).state).toBe("completed");
});
