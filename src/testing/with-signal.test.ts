import { expect, test } from "vitest";
import { Cluster } from "../sdk/cluster.ts";
import { MockBackend } from "./mock-backend.ts";
import { withSignal } from "./with-signal.ts";

const script = "#!/bin/sh\nhostname\n";

test("what waits ends when the test does, and the cluster goes on for the next", async () => {
  const mock = new MockBackend({ outcomes: [{ ends: "never" }] });
  const first = new AbortController();
  const job = await new Cluster(withSignal(mock, first.signal)).sbatch(script);
  const waiting = [job.wait(), job.wait({ signal: new AbortController().signal })];
  first.abort(new Error("the test has taken too long"));
  for (const wait of waiting) await expect(wait).rejects.toMatchObject({ code: "CANCELLED" });
  mock.outcome({ stdout: "hello\n" });
  const next = await new Cluster(withSignal(mock, new AbortController().signal)).sbatch(script);
  expect(await next.wait()).toMatchObject({ state: "completed" });
  expect(await next.stdout()).toBe("hello\n");
});

test("a signal of the caller's own counts as well", async () => {
  const mock = new MockBackend({ outcomes: [{ ends: "never" }] });
  const job = await new Cluster(withSignal(mock, new AbortController().signal)).sbatch(script);
  const own = new AbortController();
  const waiting = job.wait({ signal: own.signal });
  own.abort();
  await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
  expect(job.state).toBe("pending");
});
