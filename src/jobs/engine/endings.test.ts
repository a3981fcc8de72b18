import { beforeEach, describe, expect, test } from "vitest";
import { storedJob } from "../../../test/stored-job.ts";
import { SluiceError } from "../../errors.ts";
import type { StoredJob } from "../../schema/stored-job.ts";
import { unasked } from "../unasked-cluster.contract.ts";
import { Endings, type Overseen } from "./endings.ts";
import { TrackedJobs } from "./tracked-jobs.ts";
import { usersCluster } from "./users-cluster.ts";

const signal = new AbortController().signal;

/** What the jobs have said, and what was asked for. */
let said: Set<string>;
let asked: string[][];
let now: number;
let tracked: TrackedJobs;

beforeEach(() => {
  said = new Set();
  asked = [];
  now = 1_000;
  tracked = new TrackedJobs();
});

function follow(id: string, rest: Partial<StoredJob> = {}): void {
  tracked.put(storedJob({ id, ...rest }));
}

function endings(rest: Partial<Overseen> = {}): Endings {
  const cluster = {
    ...unasked,
    kind: "made-up",
    name: "c",
    capabilities: new Set([]),
    async saidEnded(jobs: readonly { readonly jobId: string }[]) {
      asked.push(jobs.map(({ jobId }) => jobId));
      return new Set([...said].filter((id) => jobs.some(({ jobId }) => jobId === id)));
    },
  };
  return new Endings({
    cluster: usersCluster(cluster, () => Promise.reject(new Error("nobody else"))),
    clock: { now: () => now },
    isRemote: false,
    tracked,
    signal,
    ...rest,
  });
}

describe("ends that jobs say", () => {
  test("are new once, and expected of the scheduler for a while", async () => {
    follow("A");
    follow("B");
    const seen = endings();
    expect(await seen.areNew()).toBe(false);
    expect(seen.areExpected()).toBe(false);
    said.add("A");
    expect(await seen.areNew()).toBe(true);
    expect(await seen.areNew()).toBe(false);
    expect(seen.areExpected()).toBe(true);
    now += 2_000;
    expect(seen.areExpected()).toBe(false);
  });

  test("are expected no more once the scheduler has told them", async () => {
    follow("A");
    said.add("A");
    const seen = endings();
    expect(await seen.areNew()).toBe(true);
    follow("A", { state: "completed" });
    expect(seen.areExpected()).toBe(false);
  });

  test("are new again where the job was put into the queue again and has begun anew", async () => {
    follow("A");
    said.add("A");
    const seen = endings();
    expect(await seen.areNew()).toBe(true);
    said.delete("A");
    expect(await seen.areNew()).toBe(false);
    expect(seen.areExpected()).toBe(false);
    said.add("A");
    expect(await seen.areNew()).toBe(true);
  });

  test("are asked of this user's jobs alone, which the scheduler has", async () => {
    follow("A");
    follow("B", { user: "bob" });
    expect(await endings().areNew()).toBe(false);
    expect(asked).toEqual([["A"]]);
  });

  test("are looked for on this machine alone, and not among many jobs", async () => {
    expect(endings().canBeSeen).toBe(false);
    follow("A");
    expect(endings().canBeSeen).toBe(true);
    expect(endings({ isRemote: true }).canBeSeen).toBe(false);
    for (let at = 0; at < 32; at += 1) follow(`B${at}`);
    expect(endings().canBeSeen).toBe(false);
    expect(await endings().areNew()).toBe(false);
    expect(asked).toEqual([]);
  });

  test("that cannot be read are told by the queue alone; a mistake of the program is not passed over", async () => {
    follow("A");
    const failing = (problem: Error): Endings => {
      const saidEnded = async (): Promise<never> => {
        throw problem;
      };
      const cluster = { ...unasked, kind: "made-up", name: "c", capabilities: new Set([]), saidEnded };
      return endings({ cluster: usersCluster(cluster, saidEnded) });
    };
    expect(await failing(new SluiceError("FILE_UNREADABLE", "no")).areNew()).toBe(false);
    await expect(failing(new TypeError("wrong")).areNew()).rejects.toThrow("wrong");
  });
});
