import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { discoverCluster } from "./discover-cluster.ts";
import type { SlurmfileChoice } from "./load-slurmfile.ts";

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "discover-")));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text = ""): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

const gateway = (url: string): string => `[default.cluster]\nbackend = "gateway"\nbackend_config = {url = "${url}"}\n`;

const discover = (choice: Partial<SlurmfileChoice> = {}): ReturnType<typeof discoverCluster> =>
  discoverCluster({ env: {}, cwd: join(folder, "project/src"), ...choice });

test("each source counts before those that come after it", () => {
  mkdirSync(join(folder, "project/src"), { recursive: true });
  expect(discover().connection).toEqual({ via: "sluice" });

  write("project/Slurmfile.toml", `${gateway("http://near")}[big.submit]\nnodes = 8\n`);
  expect(discover()).toMatchObject({
    connection: { via: "gateway", url: "http://near" },
    because: `it is of the nearest Slurmfile, in this folder or above it: environment "default" of ${join(folder, "project/Slurmfile.toml")}`,
  });

  // Further away than the Slurmfile, and all the same the one that is meant (checklist 74).
  write(".slurm-cluster/dev/cluster.yaml");
  expect(discover().connection).toEqual({ via: "test-cluster", name: "dev" });

  write("other.toml", gateway("http://other"));
  const env: Record<string, string> = { SLURMFILE: join(folder, "other.toml") };
  expect(discover({ env }).connection).toMatchObject({ via: "gateway", url: "http://other" });

  env["SLUICE_URL"] = "http://gate";
  env["SLUICE_TOKEN_FILE"] = "/token";
  expect(discover({ env }).connection).toEqual({ via: "gateway", url: "http://gate", tokenFile: "/token" });

  env["SLURM_TEST_CLUSTER"] = "ci";
  expect(discover({ env }).connection).toEqual({ via: "test-cluster", name: "ci" });

  // What is said in the call counts before all of them (checklist 75).
  expect(discover({ env: { ...env, SLURMFILE: "" }, target: "big" }).submit).toEqual({ nodes: 8 });
  expect(discover({ env: {}, target: join(folder, "project") }).connection).toMatchObject({ url: "http://near" });
});

test("a Slurmfile that names no cluster says what jobs ask for, wherever they go", () => {
  write("project/Slurmfile.toml", "[default.submit]\ntime = 5\n");
  write("project/src/x");
  const submit = { time: 5 };
  expect(discover()).toMatchObject({ connection: { via: "sluice" }, submit });
  write(".slurm-cluster/dev/cluster.yaml");
  expect(discover()).toMatchObject({ connection: { via: "test-cluster", name: "dev" }, submit });
  const env = { SLURMFILE: join(folder, "project/Slurmfile.toml") };
  expect(discover({ env })).toMatchObject({ connection: { name: "dev" }, submit });
  expect(discover({ env: { SLURM_TEST_CLUSTER: "ci" } })).toMatchObject({ connection: { name: "ci" }, submit });
  expect(discover({ target: "default" })).toMatchObject({ connection: { name: "dev" }, submit });
});

test("a Slurmfile that is for another cluster does not matter, whatever is wrong with it", () => {
  const env = { SLURM_TEST_CLUSTER: "ci" };
  for (const text of [
    '[default.cluster]\nbackend = "pbs"\n[default.submit]\nno = 1\n',
    gateway("http://x"),
    "[big.submit]\nnodes = 1\n",
  ]) {
    write("project/src/Slurmfile.toml", text);
    expect(discover({ env })).toMatchObject({ connection: { name: "ci" }, submit: {} });
  }
  expect(() => discover()).toThrow(expect.objectContaining({ code: "ENVIRONMENT_NOT_FOUND" }));
});

test("empty variables say nothing", () => {
  mkdirSync(join(folder, "project/src"), { recursive: true });
  const env = { SLURM_TEST_CLUSTER: "", SLUICE_URL: "", SLURMFILE: "", SLURM_ENV: "" };
  expect(discover({ env }).connection).toEqual({ via: "sluice" });
});

test("a name is that of a cluster which sluice knows, where there is no Slurmfile", () => {
  mkdirSync(join(folder, "project/src"), { recursive: true });
  expect(discover({ target: "site" }).connection).toEqual({ via: "sluice", name: "site" });
  expect(() => discover({ target: "./site" })).toThrow(expect.objectContaining({ code: "SLURMFILE_NOT_FOUND" }));
  expect(() => discover({ environment: "gpu" })).toThrow(expect.objectContaining({ code: "SLURMFILE_NOT_FOUND" }));
  write("Slurmfile.toml", gateway("http://near"));
  expect(() => discover({ target: "site" })).toThrow(expect.objectContaining({ code: "ENVIRONMENT_NOT_FOUND" }));
});

test("of several test clusters in one folder none is guessed", () => {
  write("project/.slurm-cluster/a/cluster.yaml");
  write("project/.slurm-cluster/b/cluster.yaml");
  write("project/src/x");
  expect(() => discover()).toThrow(
    expect.objectContaining({ code: "INPUT_INVALID", message: expect.stringContaining("SLURM_TEST_CLUSTER") }),
  );
});
