import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { fakeJob } from "../../../test/fake-job-service.ts";
import type { UsersCluster } from "./users-cluster.ts";
import { openJobFile } from "./cluster-files.ts";

const signal = new AbortController().signal;
const job = fakeJob("01J");
const none = Readable.from([]);

/** A cluster with one file, whose content may change. */
function clusterWith(content: () => Buffer | undefined): Pick<UsersCluster, "readJobFile"> {
  return {
    async readJobFile(_job, _name, { offset, maxBytes }) {
      const bytes = content();
      return bytes && { bytes: bytes.subarray(offset, offset + maxBytes), size: bytes.length };
    },
  };
}

test("a file that is larger than a piece comes whole, and an empty one as empty", async () => {
  for (const size of [0, 1, 5_000_000]) {
    const content = Buffer.alloc(size, "abc");
    const file = await openJobFile({ job, name: "a", files: async () => clusterWith(() => content) }, signal);
    const bytes = await buffer(file?.pieces(signal) ?? none);
    expect([file?.size, bytes.equals(content)]).toEqual([size, true]);
  }
});

test.for([
  ["another", Buffer.alloc(5_000_001)],
  ["gone", undefined],
] as const)("a file that is %s before all of it was read is an error, and never half of each", async ([, later]) => {
  let content: Buffer | undefined = Buffer.alloc(5_000_000);
  const file = await openJobFile({ job, name: "a", files: async () => clusterWith(() => content) }, signal);
  content = later;
  await expect(buffer(file?.pieces(signal) ?? none)).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
});

test("a job that its cluster does not have yet has left nothing", async () => {
  const { nativeId: _, ...accepted } = job;
  const files = (): Promise<never> => Promise.reject(new Error("not asked for"));
  expect(await openJobFile({ job: accepted, name: "a", files }, signal)).toBeUndefined();
});
