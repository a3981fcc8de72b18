import { expect, test, vi } from "vitest";
import { MockBackend } from "../testing/mock-backend.ts";
import { statusOf } from "./job-status.ts";
import { readTaskValue } from "./read-value.ts";

const script = "#!/bin/sh\ntrue\n";

/** A job that has completed, whose result is read by another way than the mock's. */
async function completed(jobFile: MockBackend["jobFile"]) {
  const backend = new MockBackend();
  const { id } = await backend.submit({ script });
  const record = await backend.wait(id);
  const found = vi.spyOn(backend, "jobFile").mockImplementation(jobFile);
  return { place: { backend, record, task: undefined }, status: statusOf(record), found };
}

test("a result that is seen late is waited for", async () => {
  const good = { version: 1, status: "ok", value: 7, attempt: 1, host: "n", startedAt: "a", endedAt: "b" };
  let looks = 0;
  const { place, status } = await completed(async () => {
    looks += 1;
    return looks < 3 ? undefined : Buffer.from(JSON.stringify(good));
  });
  expect(await readTaskValue("a.ts#a", 5_000)(place, status)).toBe(7);
});

test("a result that never comes is missed after a while, with a word of where it was looked for", async () => {
  const { place, status, found } = await completed(async () => undefined);
  await expect(readTaskValue("a.ts#a", 100)(place, status)).rejects.toMatchObject({
    code: "RESULT_MISSING",
    message: expect.stringContaining("share"),
  });
  expect(found.mock.calls.length).toBeGreaterThan(1);
});

test.each(["", "{", "[]", '{"version":2,"status":"ok","value":1}'])("%j is no result", async (text) => {
  const { place, status } = await completed(async () => Buffer.from(text));
  await expect(readTaskValue("a.ts#a", 100)(place, status)).rejects.toMatchObject({ code: "VALUE_UNREADABLE" });
});
