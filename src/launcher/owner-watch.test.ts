import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { ClusterRecord } from "../schema/cluster-record.ts";
import { ownerWatch } from "./owner-watch.ts";

const record: ClusterRecord = {
  version: 1,
  name: "dev",
  directory: "/w/dev",
  run: "/w/dev/run",
  driver: "native",
  created: "2026-01-02T03:04:05.678Z",
  ports: [],
  daemons: [],
  owner: { pid: 4711, startTime: 815 },
};

test("what the watch watches and runs are its arguments, in order", () => {
  const [, , script, ...args] = ownerWatch(record, "/h/dev.json", ["/usr/bin/node", "/s/main.ts"]).argv;
  expect(script).toContain('|| "$@"');
  const watched = ["4711", "815", "/h/dev.json", "2026-01-02T03:04:05.678Z"];
  const command = ["/usr/bin/node", "/s/main.ts", "cluster", "destroy", "--quiet", "--name", "dev"];
  expect(args).toEqual(["sluice-owner-watch", ...watched, ...command]);
});

test("no value ever becomes part of the shell's text", () => {
  const script = ownerWatch(record, "/h/dev.json", []).argv.slice(0, 3);
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.array(fc.string()), fc.nat(), (name, file, sluice, pid) => {
      const watched = { ...record, name, directory: file, owner: { pid: pid + 1, startTime: pid } };
      const { argv } = ownerWatch(watched, file, sluice);
      expect(argv.slice(0, 3)).toEqual(script);
      expect(argv.slice(6)).toEqual([file, record.created, ...sluice, "cluster", "destroy", "--quiet", "--name", name]);
    }),
  );
});

test("a cluster without an owner has nobody to watch", () => {
  const { owner: _, ...ownerless } = record;
  expect(() => ownerWatch(ownerless, "/h/dev.json", [])).toThrow(expect.objectContaining({ code: "INPUT_INVALID" }));
});
