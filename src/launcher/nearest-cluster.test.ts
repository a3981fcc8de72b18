import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nearestCluster } from "./nearest-cluster.ts";

let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "locate-"));
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

function put(...clusters: readonly string[]): void {
  for (const cluster of clusters) {
    mkdirSync(join(project, cluster), { recursive: true });
    writeFileSync(join(project, cluster, "cluster.yaml"), "");
  }
}

function folder(path: string): string {
  mkdirSync(join(project, path), { recursive: true });
  return join(project, path);
}

test("the nearest folder upwards counts", () => {
  put(".slurm-cluster/outer", "a/b/.slurm-cluster/inner");
  expect(nearestCluster(project)).toBe("outer");
  expect(nearestCluster(folder("a"))).toBe("outer");
  expect(nearestCluster(folder("a/b"))).toBe("inner");
  expect(nearestCluster(folder("a/b/c/d"))).toBe("inner");
  expect(nearestCluster(folder("a/b/.slurm-cluster/inner/config"))).toBe("inner");
});

test("nothing upwards is nothing", () => {
  expect(nearestCluster(folder("a/b"))).toBeUndefined();
});

test("a folder that holds no cluster.yaml is passed by", () => {
  put(".slurm-cluster/outer");
  folder("a/.slurm-cluster/leftover");
  writeFileSync(join(folder("a/.slurm-cluster"), "file"), "");
  expect(nearestCluster(folder("a"))).toBe("outer");
});

test("of several, the one with the default's name is meant", () => {
  put(".slurm-cluster/dev", ".slurm-cluster/slurm-test", ".slurm-cluster/zoo");
  expect(nearestCluster(project)).toBe("slurm-test");
});

test("of several without one of that name, none is guessed", () => {
  put(".slurm-cluster/zoo", ".slurm-cluster/dev");
  expect(() => nearestCluster(folder("a"))).toThrow(
    expect.objectContaining({
      code: "INPUT_INVALID",
      message: `${join(project, ".slurm-cluster")} holds several clusters (dev, zoo); say which with --cluster NAME, or in SLURM_TEST_CLUSTER`,
    }),
  );
});
