import { describe, expect, test } from "vitest";
import { SluiceError } from "../errors.ts";
import type { JobObservation } from "../schema/job.ts";
import type { Clock } from "./clock.ts";
import type { Cluster, SubmittedJob } from "./cluster.ts";
import { unasked } from "./unasked-cluster.contract.ts";
import { followJob, type JobEvent } from "./follow.ts";

const job: SubmittedJob = { jobId: "01J", nativeId: "7", directory: "/jobs/01J" };
const never = new AbortController().signal;
const down = new SluiceError("CLUSTER_UNREACHABLE", "no answer");

/** A clock that moves when somebody sleeps. */
function handWound(): Clock & { readonly slept: number[] } {
  let now = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    async sleep(milliseconds) {
      // Whoever races this sleep is let to its end first, as a cluster that answers within it would be.
      await new Promise((resolve) => setImmediate(resolve));
      now += milliseconds;
      slept.push(milliseconds);
    },
  };
}

function seen(state: JobObservation["state"], rest: Partial<JobObservation> = {}): JobObservation {
  return { nativeId: "7", state, rawState: state.toUpperCase(), ...rest };
}

/** A cluster that answers each look with the next of these, the last one for ever, and whose job writes this output. */
function scripted(
  looks: readonly (readonly JobObservation[] | SluiceError)[],
  output: () => string = () => "",
): Cluster {
  let at = 0;
  return {
    kind: "scripted",
    name: "scripted",
    capabilities: new Set(),
    ...unasked,
    async observe() {
      const look = looks[Math.min(at, looks.length - 1)] ?? [];
      at += 1;
      if (look instanceof SluiceError) throw look;
      return look;
    },
    outputs: async () => [{ stream: "stdout", path: "/out", nativeId: "7" }],
    async readOutput(_file, { offset, maxBytes }) {
      const bytes = Buffer.from(output());
      return { bytes: bytes.subarray(offset, offset + maxBytes), size: bytes.length };
    },
  };
}

async function events(cluster: Cluster, clock: Clock, deadlineMs?: number): Promise<JobEvent[]> {
  const all: JobEvent[] = [];
  const options = { signal: never, ...(deadlineMs !== undefined && { deadlineMs }) };
  for await (const event of followJob({ cluster, clock }, job, options)) all.push(event);
  return all;
}

const statesOf = (all: readonly JobEvent[]): string[] =>
  all.flatMap((event) =>
    event.type === "observed" ? event.changes.map(({ observation }) => observation.state) : [event.type],
  );

describe("following a job", () => {
  test("tells each state once, and ends with the last", async () => {
    const looks = [[seen("pending")], [seen("pending")], [seen("running")], [seen("running")], [seen("completed")]];
    expect(statesOf(await events(scripted(looks), handWound()))).toEqual(["pending", "running", "completed", "ended"]);
  });

  test("a new reason for waiting is news; one that has passed is not kept", async () => {
    const looks = [
      [seen("pending", { reason: "Priority" })],
      [seen("pending", { reason: "Resources" })],
      [seen("running")],
      [seen("completed")],
    ];
    const all = await events(scripted(looks), handWound());
    expect(statesOf(all)).toEqual(["pending", "pending", "running", "completed", "ended"]);
    expect(all.at(-1)).toMatchObject({ observations: [expect.not.objectContaining({ reason: "Resources" })] });
  });

  test("a cluster that does not answer is waited for, and said once", async () => {
    const looks = [[seen("running")], down, down, down, [seen("completed")]];
    expect(statesOf(await events(scripted(looks), handWound()))).toEqual([
      "running",
      "unreachable",
      "reachable",
      "completed",
      "ended",
    ]);
  });

  test("output goes on while the cluster does not answer", async () => {
    const clock = handWound();
    const looks = [[seen("running")], ...Array.from({ length: 5 }, () => down), [seen("completed")]];
    const all = await events(
      scripted(looks, () => (clock.now() > 1_000 ? "late" : "")),
      clock,
    );
    const kinds = all.map(({ type }) => type);
    expect(kinds.indexOf("output")).toBeGreaterThan(kinds.indexOf("unreachable"));
    expect(kinds.indexOf("output")).toBeLessThan(kinds.indexOf("reachable"));
  });

  test("looks often at first and ever less, but at least each second", async () => {
    const clock = handWound();
    const started: number[] = [];
    const cluster = scripted([...Array.from({ length: 30 }, () => [seen("running")]), [seen("completed")]]);
    const observe: Cluster["observe"] = (...args) => {
      started.push(clock.now());
      return cluster.observe(...args);
    };
    await events({ ...cluster, observe }, clock);
    const gaps = started.slice(1).map((time, i) => time - (started[i] ?? 0));
    expect(gaps[0]).toBeLessThanOrEqual(50);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1_200);
    expect(gaps.at(-1)).toBeGreaterThanOrEqual(900);
  });

  test("a job of which nobody knows anything is lost, and not taken for a success", async () => {
    const clock = handWound();
    await expect(events(scripted([[seen("running")], []]), clock)).rejects.toMatchObject({
      code: "JOB_LOST",
      message: expect.stringContaining("last seen RUNNING"),
    });
    expect(clock.now()).toBeGreaterThanOrEqual(15_000);
  });

  test("a receipt that comes late is still in time", async () => {
    const looks = [[seen("running")], ...Array.from({ length: 12 }, () => []), [seen("failed", { rawState: "" })]];
    expect(statesOf(await events(scripted(looks), handWound()))).toEqual(["running", "failed", "ended"]);
  });

  test("gives up at its deadline, whatever the cluster does", async () => {
    const clock = handWound();
    await expect(events(scripted([down]), clock, 5_000)).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    expect(clock.now()).toBeLessThanOrEqual(5_200);
  });

  test("an abort ends the following", async () => {
    const abort = new AbortController();
    const following = followJob({ cluster: scripted([[seen("running")]]), clock: handWound() }, job, {
      signal: abort.signal,
    });
    await following.next();
    abort.abort();
    await expect(following.next()).rejects.toMatchObject({ code: "CANCELLED" });
  });

  test("a refusal of the cluster is not waited out", async () => {
    const refusal = new SluiceError("CONFIG_INVALID", "slurm.conf: line 3");
    await expect(events(scripted([refusal]), handWound())).rejects.toBe(refusal);
  });

  test("a refusal that comes while output is read is thrown all the same", async () => {
    const gone = new SluiceError("CLUSTER_NOT_FOUND", "it was destroyed");
    const cluster = scripted([[seen("running")], gone]);
    const slow: Cluster = {
      ...cluster,
      async readOutput(file, range, signal) {
        for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        return await cluster.readOutput(file, range, signal);
      },
    };
    await expect(events(slow, handWound())).rejects.toThrow(gone);
  });

  test("what the job wrote last, after its end was known, is delivered too", async () => {
    let reads = 0;
    const all = await events(
      scripted([[seen("completed")]], () => (++reads < 3 ? "begin" : "begin end")),
      handWound(),
    );
    const text = all.map((event) => (event.type === "output" ? Buffer.from(event.bytes).toString() : "")).join("");
    expect(text).toBe("begin end");
  });

  test("a file that became shorter is that of the next run, and read from its start", async () => {
    const clock = handWound();
    const looks = [...Array.from({ length: 9 }, () => [seen("running")]), [seen("completed")]];
    const all = await events(
      scripted(looks, () => (clock.now() < 500 ? "first run" : "2nd")),
      clock,
    );
    const chunks = all.flatMap((event) => (event.type === "output" ? [Buffer.from(event.bytes).toString()] : []));
    expect(chunks).toEqual(["first run", "2nd"]);
  });
});
