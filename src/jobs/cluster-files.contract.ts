import { createHash, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { followToEnd, requestOf, type ClusterFixture } from "./cluster-fixture.contract.ts";
import type { KeptFile } from "./cluster.ts";

const never = new AbortController().signal;

/** More than any part in which an adapter may send it, and no multiple of one. */
const largeBytes = 3 * 1024 * 1024 + 17;

function contentOf(bytes: Uint8Array): KeptFile {
  return { sha256: createHash("sha256").update(bytes).digest("hex"), bytes };
}

/** What every cluster does with files. */
export function describeClusterFiles(opened: () => ClusterFixture): void {
  describe("files", () => {
    test("content is kept whole for jobs to read, and by its hash alone", async () => {
      const fixture = opened();
      const { cluster, workDirectory } = fixture;
      const kept = [randomBytes(64), randomBytes(largeBytes), Buffer.alloc(0)].map(contentOf);
      const paths: string[] = [];
      for (const file of kept) {
        const path = await cluster.keepFile(file, never);
        expect(path).toMatch(new RegExp(`^/.*/${file.sha256}$`));
        expect(await cluster.keptFile(file.sha256, never)).toBe(path);
        expect(await cluster.keepFile(file, never)).toBe(path);
        paths.push(path);
      }
      const script = '#!/bin/sh\nfor file; do sha256sum <"$file"; done\n';
      const request = requestOf(script, { workDirectory, args: paths });
      const sums = kept.map(({ sha256 }) => `${sha256}  -\n`).join("");
      fixture.stage?.(request.jobId, () => ({ stdout: sums }));
      const job = await cluster.submit(request, never);
      expect((await followToEnd(cluster, job)).stdout.toString()).toBe(sums);
      await cluster.forget(job, never);
    });

    test("of many who send the same content all get the same place", async () => {
      const { cluster } = opened();
      const file = contentOf(randomBytes(200_000));
      const paths = await Promise.all(Array.from({ length: 8 }, () => cluster.keepFile(file, never)));
      expect(new Set(paths).size).toBe(1);
    });

    test("content that nobody has sent is not there, and bytes of another hash are refused", async () => {
      const { cluster } = opened();
      const { sha256 } = contentOf(randomBytes(32));
      expect(await cluster.keptFile(sha256, never)).toBeUndefined();
      const wrong = cluster.keepFile({ sha256, bytes: Buffer.from("other") }, never);
      await expect(wrong).rejects.toMatchObject({ code: "INPUT_INVALID", details: { field: "sha256" } });
      expect(await cluster.keptFile(sha256, never)).toBeUndefined();
    });

    test.for(["", "x", "../../etc/passwd", "A".repeat(64), `${"a".repeat(64)}\n`, `${"a".repeat(63)}/`])(
      "%j is no hash",
      async (sha256) => {
        const { cluster } = opened();
        const refused = { code: "INPUT_INVALID", details: { field: "sha256" } };
        await expect(cluster.keptFile(sha256, never)).rejects.toMatchObject(refused);
        await expect(cluster.keepFile({ sha256, bytes: Buffer.alloc(1) }, never)).rejects.toMatchObject(refused);
      },
    );

    test("what a job leaves is read by its name, in parts, and links are not followed", async () => {
      const fixture = opened();
      const { cluster, workDirectory } = fixture;
      const script = `#!/bin/sh
files=\${0%/*}/files
mkdir "$files" && cd "$files" || exit 1
printf 0123456789 >result.json
ln -s result.json inside
ln -s /etc/passwd outside
ln -s "$PWD" folder
mkdir below && echo below >below/file
`;
      const request = requestOf(script, { workDirectory });
      fixture.stage?.(request.jobId, () => ({ files: { "result.json": "0123456789" } }));
      const job = await cluster.submit(request, never);
      const read = async (name: string, offset = 0, maxBytes = 100): Promise<unknown> => {
        const slice = await cluster.readJobFile(job, name, { offset, maxBytes }, never);
        return slice && [Buffer.from(slice.bytes).toString(), slice.size];
      };
      expect((await followToEnd(cluster, job)).observations[0]).toMatchObject({ state: "completed" });
      expect(await read("result.json")).toEqual(["0123456789", 10]);
      expect(await read("result.json", 4, 3)).toEqual(["456", 10]);
      expect(await read("result.json", 99)).toEqual(["", 10]);
      for (const name of ["none", "inside", "outside"]) expect([name, await read(name)]).toEqual([name, undefined]);
      for (const name of [
        "",
        ".",
        "..",
        "../script",
        "below/file",
        "folder/result.json",
        "a\0b",
        "ä",
        "x".repeat(129),
      ]) {
        await expect(read(name)).rejects.toMatchObject({ code: "INPUT_INVALID", details: { field: "name" } });
      }
      await cluster.forget(job, never);
      expect(await read("result.json")).toBeUndefined();
    });

    test("nothing is read where the job has put a link in the place of the folder", async () => {
      const fixture = opened();
      const { cluster, workDirectory } = fixture;
      const request = requestOf('#!/bin/sh\nln -s /etc "${0%/*}/files"\n', { workDirectory });
      fixture.stage?.(request.jobId, () => ({}));
      const job = await cluster.submit(request, never);
      await followToEnd(cluster, job);
      expect(await cluster.readJobFile(job, "passwd", { offset: 0, maxBytes: 100 }, never)).toBeUndefined();
      await cluster.forget(job, never);
    });
  });
}
