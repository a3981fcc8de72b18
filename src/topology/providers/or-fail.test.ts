import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { TopologyError } from "../topology-error.ts";
import { failureText } from "./failure-text.ts";
import { orFail } from "./or-fail.ts";
import { untilAborted } from "./until-aborted.ts";

const { signal } = new AbortController();

test("a failure is told with what was done, and leaves what it was caused by behind", async () => {
  const failure = Object.assign(new Error("no"), { name: "Refused", config: { headers: { authorization: "secret" } } });
  const error = await orFail("failed to ask", Promise.reject(failure), signal).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ status: 502, message: "failed to ask: Refused: no" });
  expect(error).not.toHaveProperty("cause");
});

test("a failure is told without the secrets that a cloud repeats", async () => {
  const work = Promise.reject(new Error("should have signed x-amz-security-token:t0ken"));
  await expect(orFail("failed to ask", work, signal, { secrets: ["t0ken"] })).rejects.toMatchObject({
    message: "failed to ask: should have signed x-amz-security-token:***",
  });
});

test("a failure that has its status already keeps it", async () => {
  const failure = new TopologyError(400, "wrong");
  await expect(orFail("failed to ask", Promise.reject(failure), signal)).rejects.toBe(failure);
});

test("a failure after the signal is the signal's", async () => {
  const reason = new Error("stopped");
  const work = Promise.reject(new Error("socket closed"));
  await expect(orFail("failed to ask", work, AbortSignal.abort(reason))).rejects.toBe(reason);
});

test.each([
  [new Error("plain"), "plain"],
  [Object.assign(new Error("told"), { name: "Kind" }), "Kind: told"],
  [Object.assign(new Error("Kind: told"), { name: "Kind" }), "Kind: told"],
  [{ code: "X", message: "an object's" }, "an object's"],
  [{ code: "X" }, "unknown failure"],
  ["text", "text"],
])("the words of %o are %o", (error, words) => {
  expect(failureText(error)).toBe(words);
});

test("work is waited for no longer than the signal allows, and nothing is left on the signal", async () => {
  const stop = new AbortController();
  expect(await untilAborted(Promise.resolve(7), stop.signal)).toBe(7);
  expect(getEventListeners(stop.signal, "abort")).toEqual([]);
  const endless = untilAborted(new Promise(() => {}), stop.signal);
  const reason = new Error("stopped");
  stop.abort(reason);
  await expect(endless).rejects.toBe(reason);
});
