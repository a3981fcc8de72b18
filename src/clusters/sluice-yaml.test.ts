import { expect, test } from "vitest";
import { readSluiceYaml } from "./sluice-yaml.ts";

test("clusters and the one that is meant where none is named", () => {
  const text =
    "default: site\nclusters:\n  site: {kind: slurm, slurm_conf: /etc/slurm/slurm.conf}\n  here: {kind: process}\n";
  expect(readSluiceYaml(text, "sluice.yaml")).toEqual({
    default: "site",
    clusters: { site: { kind: "slurm", slurm_conf: "/etc/slurm/slurm.conf" }, here: { kind: "process" } },
  });
});

test.for([
  ["clusters:\n  a: {kind: slurm\n", /^f:\d+:\d+: not YAML/],
  ["clusters:\n  a:\n    kind: cray\n", /^f:3:11: clusters\.a\.kind/],
  ["clusters:\n  a: {kind: process}\nbogus: 1\n", /^f:\d+:\d+: .*bogus/],
  ["default: b\nclusters:\n  a: {kind: process}\n", /^f:1:10: default: names a cluster/],
  [
    "clusters:\n  a:\n    kind: slurm\n    slurm_conf: relative\n",
    /^f:4:17: clusters\.a\.slurm_conf: takes an absolute path/,
  ],
  ["", /^f:1:1: /],
] as const)("%j is refused with its place", ([text, message]) => {
  expect(() => readSluiceYaml(text, "f")).toThrow(
    expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringMatching(message) }),
  );
});
