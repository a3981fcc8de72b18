import { beforeEach, describe, expect, test } from "vitest";
import { storedJob } from "../../../test/stored-job.ts";
import type { Cluster, QueueEntry } from "../cluster.ts";
import { unasked } from "../unasked-cluster.contract.ts";
import { QueueLooks } from "./queue-looks.ts";
import type { TrackedJob } from "./tracked-jobs.ts";
import { usersCluster } from "./users-cluster.ts";

const urgent = new AbortController().signal;
const mine: QueueEntry = {
  nativeId: "7",
  jobNativeId: "7",
  jobId: "A",
  state: "running",
  rawState: "RUNNING",
  user: "ada",
  priority: 1,
};
const other: QueueEntry = { ...mine, nativeId: "8", jobNativeId: "8", jobId: "B" };

let now: number;
/** How long a look at the whole takes. */
let takesMs: number;
let ofOne: readonly QueueEntry[];
let asked: string[];

beforeEach(() => {
  now = 1_000;
  takesMs = 10;
  ofOne = [mine];
  asked = [];
});

function follow(id: string, nativeId: string): TrackedJob {
  return { job: storedJob({ id, nativeId }), seen: new Map(), settleAt: 0, settleWaitMs: 1_000 };
}

function looksAt({ whole = true, knowsOne = true } = {}): QueueLooks {
  const cluster: Cluster = {
    ...unasked,
    kind: "made-up",
    name: "c",
    capabilities: new Set([]),
    async queue() {
      asked.push("whole");
      now += takesMs;
      return [mine, other];
    },
    ...(knowsOne && {
      async queueOf(nativeId: string) {
        asked.push(nativeId);
        return ofOne;
      },
    }),
  };
  const nobody = (): Promise<never> => Promise.reject(new Error("nobody else"));
  return new QueueLooks({
    cluster: usersCluster(cluster, nobody),
    clock: { now: () => now },
    pace: { moving: 25, quiet: 1_000, share: 0.2, ...(whole && { whole: 5_000 }) },
    urgent,
  });
}

describe("looks at the queue", () => {
  const one = [follow("A", "7")];

  test("are at the one job that is followed, and at all at first and now and then", async () => {
    const looks = looksAt();
    expect(await looks.take(one, { whole: false })).toEqual({ rows: [mine, other], isWhole: true });
    expect(await looks.take(one, { whole: false })).toEqual({ rows: [mine], isWhole: false });
    now += 5_000;
    expect(await looks.take(one, { whole: false })).toMatchObject({ isWhole: true });
    expect(asked).toEqual(["whole", "7", "whole"]);
  });

  test("at all are the rarer the longer one takes", async () => {
    takesMs = 4_000;
    const looks = looksAt();
    await looks.take(one, { whole: false });
    now += 19_999;
    expect(await looks.take(one, { whole: false })).toMatchObject({ isWhole: false });
    now += 1;
    expect(await looks.take(one, { whole: false })).toMatchObject({ isWhole: true });
  });

  test("are at all where somebody asks for that, where several are followed, or none", async () => {
    const looks = looksAt();
    await looks.take(one, { whole: false });
    expect(await looks.take(one, { whole: true })).toMatchObject({ isWhole: true });
    expect(await looks.take([...one, follow("B", "8")], { whole: false })).toMatchObject({ isWhole: true });
    expect(await looks.take([], { whole: false })).toMatchObject({ isWhole: true });
    expect(asked).toEqual(["whole", "whole", "whole", "whole"]);
  });

  test("are at all where the one job is not shown, or its number is another's", async () => {
    const looks = looksAt();
    await looks.take(one, { whole: false });
    for (const rows of [[], [{ ...mine, jobId: "B" }]]) {
      ofOne = rows;
      expect(await looks.take(one, { whole: false })).toEqual({ rows: [mine, other], isWhole: true });
    }
    expect(asked).toEqual(["whole", "7", "whole", "7", "whole"]);
  });

  test("are at all each time where the pace asks for nothing else, or the cluster knows no other way", async () => {
    for (const looks of [looksAt({ whole: false }), looksAt({ knowsOne: false })]) {
      for (const _ of [1, 2]) expect(await looks.take(one, { whole: false })).toMatchObject({ isWhole: true });
    }
    expect(asked).toEqual(["whole", "whole", "whole", "whole"]);
  });
});
