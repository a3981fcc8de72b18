import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseRunDirectory, nativePaths } from "./paths.ts";

/** The longest path of a socket that slurmstepd makes: ids are 32 bits wide. */
const longestSocket = (run: string, node: string): string => `${run}/spool/${node}/${node}_4294967295.4294967295`;

describe("the folder of sockets", () => {
  const segment = fc
    .string({ minLength: 1, maxLength: 40 })
    .map((text) => text.replaceAll("/", "_"))
    // A cluster's folder is always given as a resolved path.
    .filter((text) => text !== "." && text !== "..");
  const directory = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join("/")}`);
  const names = fc.array(fc.stringMatching(/^[a-z0-9]{1,30}$/), { minLength: 1, maxLength: 4 });

  test("is in the cluster's folder exactly as long as every socket's path fits into 107 bytes and gres.conf can hold it", () => {
    fc.assert(
      fc.property(directory, names, (folder, nodes) => {
        const plain = !/[\s[\],#"'\\]/.test(folder);
        const fits = plain && nodes.every((node) => Buffer.byteLength(longestSocket(`${folder}/run`, node)) <= 107);
        const run = chooseRunDirectory(folder, 1000, nodes);
        expect(run).toMatch(fits ? /\/run$/ : /^\/tmp\/slu-[0-9a-f]{8}$/);
        expect(run === `${folder}/run`).toBe(fits);
      }),
    );
  });

  test.each([
    ["/w", 107 - longestSocket("/w/run", "n").length],
    ["/ä€😀", 107 - Buffer.byteLength(longestSocket("/ä€😀/run", "n"))],
  ])("below %s turns over at one byte", (folder, room) => {
    const padded = (length: number): string => `${folder}${"x".repeat(length)}`;
    expect(chooseRunDirectory(padded(room), 0, ["n"])).toBe(`${padded(room)}/run`);
    expect(chooseRunDirectory(padded(room + 1), 0, ["n"])).toMatch(/^\/tmp\/slu-/);
  });

  test("in /tmp is another one for every cluster and user, and always short enough", () => {
    const long = `/${"x".repeat(200)}`;
    const runs = [
      chooseRunDirectory(long, 0, ["n"]),
      chooseRunDirectory(long, 1000, ["n"]),
      chooseRunDirectory(`${long}/other`, 0, ["n"]),
    ];
    expect(new Set(runs).size).toBe(3);
    expect(chooseRunDirectory(long, 0, ["n"])).toBe(runs[0]);
    const longestRun = chooseRunDirectory(long, 2 ** 32 - 1, ["n"]);
    expect(longestSocket(longestRun, "n".repeat(30)).length).toBeLessThanOrEqual(107);
  });
});

test("every path of a cluster is below its folder or its run folder, and no two are the same", () => {
  const paths = Object.values(nativePaths("/w/dev", "/tmp/run"));
  expect(new Set(paths).size).toBe(paths.length);
  expect(paths.filter((path) => !path.startsWith("/w/dev") && !path.startsWith("/tmp/run"))).toEqual([]);
});
