import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { resolveOptions } from "../define/resolve-options.ts";
import { loadSlurmfile, type SlurmfileChoice } from "./load-slurmfile.ts";

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "slurmfile-")));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

const load = (choice: Partial<SlurmfileChoice> = {}): ReturnType<typeof loadSlurmfile> =>
  loadSlurmfile({ env: {}, cwd: folder, ...choice });

const local = '[default.cluster]\nbackend = "local"\n';

describe("the file", () => {
  test("is the nearest one upwards, by its first name in a folder", () => {
    const outer = write("Slurmfile.toml", local);
    write("a/b/other.toml", local);
    expect(load({ cwd: join(folder, "a/b") }).file).toBe(outer);
    const lower = write("a/slurmfile", local);
    expect(load({ cwd: join(folder, "a/b") }).file).toBe(lower);
    const upper = write("a/Slurmfile.toml", local);
    expect(load({ cwd: join(folder, "a/b") }).file).toBe(upper);
    const first = write("a/Slurmfile", local);
    expect(load({ cwd: join(folder, "a/b") }).file).toBe(first);
  });

  test("is that of SLURMFILE before, and the one that is named before all", () => {
    write("Slurmfile.toml", local);
    const other = write("etc/other.toml", local);
    const named = write("named/Slurmfile.toml", local);
    const env = { SLURMFILE: "etc/other.toml" };
    expect(load({ env }).file).toBe(other);
    expect(load({ env, target: named }).file).toBe(named);
    expect(load({ env, target: "./named" }).file).toBe(named);
    expect(load({ env, target: "named" }).file).toBe(named);
    expect(load({ env: { HOME: folder }, target: "~/etc/other.toml" }).file).toBe(other);
  });

  test.for<[Partial<SlurmfileChoice>, string]>([
    [{}, "there is no Slurmfile.toml in "],
    [{ target: "./missing" }, "there is no "],
    [{ target: "missing.toml" }, "there is no "],
    [{ target: "." }, " has no Slurmfile.toml"],
    [{ env: { SLURMFILE: "missing" } }, "which SLURMFILE names"],
  ])("that is missing is told: %j", ([choice, message]) => {
    expect(() => load(choice)).toThrow(
      expect.objectContaining({ code: "SLURMFILE_NOT_FOUND", message: expect.stringContaining(message) }),
    );
  });
});

const environments = `
[default.cluster]
backend = "ssh"
job_base_dir = "~/slurm_jobs"
[default.cluster.backend_config]
hostname = "login.example.org"
username = "me"
[default.submit]
account = "team"
time = "30m"
mem = "4G"
[default.submit.env]
A = "1"

[environments.gpu.cluster.backend_config]
port = 2222
key_filename = "keys/id"
[environments.gpu.submit]
partition = "gpu"
mem_per_cpu = "1G"
gpus = 2
[environments.gpu.submit.env]
B = "2"
[environments.here.cluster]
backend = "local"
[environments.here.submit]
account = false
`;

describe("the environment", () => {
  beforeEach(() => {
    write("Slurmfile.toml", environments);
  });

  test("is the one that is named, that of SLURM_ENV, or the default", () => {
    expect(load().name).toBe("default");
    expect(load({ env: { SLURM_ENV: "gpu" } }).name).toBe("gpu");
    expect(load({ env: { SLURM_ENV: "gpu" }, environment: "here" }).name).toBe("here");
    expect(load({ target: "gpu" }).name).toBe("gpu");
    expect(load({ target: folder, environment: "gpu" }).name).toBe("gpu");
    expect(() => load({ target: "gpu", environment: "here" })).toThrow(/two environments are named/);
  });

  test("has what the default says, and its own above it", () => {
    const { connection, submit } = load({ target: "gpu" });
    expect(connection).toMatchObject({
      via: "settings",
      settings: {
        kind: "slurm",
        folder: "~/slurm_jobs",
        ssh: { host: "login.example.org", user: "me", port: 2222, identity_file: join(folder, "keys/id") },
      },
    });
    expect(submit).toEqual({
      account: "team",
      time: "30m",
      partition: "gpu",
      memPerCpu: "1G",
      gpus: 2,
      env: { A: "1", B: "2" },
    });
  });

  test("takes back with false what the default says", () => {
    const { sbatch } = resolveOptions([load({ target: "here" }).submit]);
    expect(sbatch).toEqual([
      { name: "mem", value: "4G" },
      { name: "time", value: "00:30:00" },
    ]);
  });

  test("that there is not is told with those that there are", () => {
    expect(() => load({ target: "gqu" })).toThrow(
      expect.objectContaining({
        code: "ENVIRONMENT_NOT_FOUND",
        message: `${join(folder, "Slurmfile.toml")} has no environment "gqu": it has default, gpu, here; did you mean gpu?`,
        details: { file: join(folder, "Slurmfile.toml"), name: "gqu", known: ["default", "gpu", "here"] },
      }),
    );
  });

  test("may stand at the top level, and all of it in [tool.slurm]", () => {
    write("top/Slurmfile.toml", `${local}[big.submit]\nnodes = 4\n`);
    expect(load({ target: "./top", environment: "big" }).submit).toEqual({ nodes: 4 });
    write("pyproject.toml", '[project]\nname = "x"\n[tool.slurm.default.cluster]\nbackend = "local"\n');
    expect(load({ target: "pyproject.toml" }).connection).toMatchObject({
      via: "settings",
      settings: { kind: "slurm" },
    });
  });
});

describe("backends", () => {
  const connectionOf = (text: string): unknown => {
    write("Slurmfile.toml", text);
    return load().connection;
  };

  test("a gateway, and its token in a file beside", () => {
    const text =
      '[default.cluster]\nbackend = "gateway"\nbackend_config = {url = "https://g", token_file = "t", cluster = "a"}\n';
    expect(connectionOf(text)).toEqual({
      via: "gateway",
      url: "https://g",
      tokenFile: join(folder, "t"),
      token: undefined,
      cluster: "a",
    });
  });

  test("a test cluster, by its name", () => {
    expect(connectionOf('[default.cluster]\nbackend = "test-cluster"\n')).toMatchObject({
      via: "test-cluster",
      name: "slurm-test",
    });
    expect(connectionOf('[default.cluster]\nbackend = "test-cluster"\nbackend_config = {name = "ci"}\n')).toMatchObject(
      {
        name: "ci",
      },
    );
  });

  test("the Slurm of this host, with its configuration", () => {
    expect(connectionOf('[default.cluster]\nbackend = "local"\nslurm_conf = "/etc/slurm/slurm.conf"\n')).toMatchObject({
      via: "settings",
      settings: { kind: "slurm", slurm_conf: "/etc/slurm/slurm.conf" },
    });
  });
});

describe("an environment without a cluster", () => {
  test("is for the one that would be taken without the Slurmfile", () => {
    write("Slurmfile.toml", "[default.submit]\nnodes = 2\n");
    expect(load()).toMatchObject({ connection: { via: "sluice" }, submit: { nodes: 2 } });
    write(".slurm-cluster/dev/cluster.yaml", "");
    expect(load().connection).toEqual({ via: "test-cluster", name: "dev" });
    expect(load({ env: { SLURM_TEST_CLUSTER: "ci" } }).connection).toEqual({ via: "test-cluster", name: "ci" });
  });
});

test("settings of another backend do not count", () => {
  write(
    "Slurmfile.toml",
    `${environments}[environments.dev.cluster]\nbackend = "test-cluster"\nbackend_config = {name = "dev"}\n`,
  );
  expect(load({ target: "dev" }).connection).toEqual({ via: "test-cluster", name: "dev", home: undefined });
  expect(load({ target: "dev" }).submit).toMatchObject({ account: "team" });
});

test("every option of sbatch may stand under submit, in any spelling", () => {
  write(
    "Slurmfile.toml",
    `${local}[default.submit]
cpus-per-task = 4
ntasks_per_node = 2
memPerCpu = "1G"
name = "sweep"
exclusive = true
mail-type = ["END", "FAIL"]
begin = 2030-01-02T03:04:05
retries = {limit = 2, backoff-seconds = 5}
setup = ["module load node"]
time = "2h"
qos = "high"
`,
  );
  const { sbatch, own } = resolveOptions([load().submit]);
  expect(sbatch.map(({ name, value = "" }) => `${name}=${value}`)).toEqual([
    "cpus-per-task=4",
    "ntasks-per-node=2",
    "mem-per-cpu=1G",
    "exclusive=",
    "time=02:00:00",
    "begin=2030-01-02T03:04:05",
    "job-name=sweep",
    "qos=high",
    "mail-type=END,FAIL",
  ]);
  expect(own).toMatchObject({ setup: ["module load node"], retries: { limit: 2, backoffSeconds: 5 } });
});

test.for<[string, unknown]>([
  ['type = "auto"', undefined],
  ['type = "none"', "source"],
  ['type = "container:node:24"', "container:node:24"],
  [
    'type = "container"\nimage = "node:24"\nmounts = ["/data:/data"]',
    { kind: "container", image: "node:24", mounts: ["/data:/data"] },
  ],
  ['type = "bundle"\nexternal = ["sharp"]', { kind: "bundle", external: ["sharp"] }],
  ['external = ["sharp"]', { kind: "bundle", external: ["sharp"] }],
])("packaging %j", ([text, packaging]) => {
  write("Slurmfile.toml", `${local}[default.packaging]\n${text}\n`);
  expect(load().submit.packaging).toEqual(
    typeof packaging === "string" && !packaging.includes(":") ? { kind: packaging } : packaging,
  );
});

test("callbacks of Python are told to count for nothing", () => {
  write("Slurmfile.toml", `[default]\ncallbacks = ["mod:Class"]\n${local}`);
  expect(load().notices).toEqual([expect.stringContaining("give observers to the cluster")]);
});

test.for<[string, RegExp]>([
  ["[default\n", /:1:\d+: no TOML: /],
  ["a = 1\na = 2\n", /:2:\d+: no TOML: /],
  ["[default]\n__proto__ = 1\n", /no TOML/],
  ["x = 1\n", /:1:1: x is no environment, which is a table$/],
  ["environments = 1\n", /:1:1: environments takes a table for each environment$/],
  ['[cluster]\nbackend = "local"\n', /:1:1: cluster stands in no environment; write \[default\.cluster\]$/],
  ["[default]\nsubmits = 1\n", /:2:1: default\.submits is not known; did you mean submit\?$/],
  ["[default.cluster]\n", /:1:1: default\.cluster\.backend is missing; it is one of ssh, local/],
  ['[default.cluster]\nbackend = "shh"\n', /:2:1: default\.cluster\.backend is "shh"; did you mean ssh\?$/],
  ['[default.cluster]\nbackend = "ssh"\n', /default\.cluster\.hostname is missing/],
  ['[default.cluster]\nbackend = "gateway"\n', /default\.cluster\.url is missing$/],
  [
    '[default.cluster]\nbackend = "gateway"\nbackend_config = {url = "http://g", token = "s3cret"}\n',
    /:3:37: default\.cluster\.backend_config\.token is a secret, .* name a file with it/,
  ],
  [
    '[default.cluster]\nbackend = "ssh"\n[default.cluster.backend_config]\nhostname = "h"\npassword = "s3cret"\n',
    /:5:1: default\.cluster\.backend_config\.password is a secret, which .* log in with a key/,
  ],
  [
    '[default.cluster]\nbackend = "ssh"\nbackend_config = {hostname = "h", prot = 22}\n',
    /:3:35: default\.cluster\.backend_config\.prot is no setting of a cluster; did you mean port\?$/,
  ],
  [
    '[default.cluster]\nbackend = "ssh"\nbackend_config = {hostname = "h", port = 0}\n',
    /:3:35: default\.cluster\.backend_config\.port takes /,
  ],
  [
    `${local}[default.submit]\npartitoin = "x"\n`,
    /:4:1: default\.submit\.partitoin is no option; did you mean partition\?$/,
  ],
  [`${local}[default.submit]\nmem = "4 bananas"\n`, /:4:1: default\.submit\.mem memory size "4 bananas": not a size/],
  [
    `${local}[default.submit]\ncpus-per-task = 1\ncpus_per_task = 2\n`,
    /:5:1: default\.submit\.cpus_per_task says the same as cpus-per-task/,
  ],
  [`${local}[default.submit]\nmem = 1\nmem_per_cpu = 2\n`, /:5:1: default\.submit\.mem_per_cpu .*exclude each other/],
  [`${local}[default.submit.env]\nA = 1\n`, /:4:1: default\.submit\.env\.A takes a text, not 1$/],
  [`${local}[default]\nsubmit = 1\n`, /:4:1: default\.submit takes a table$/],
  [`${local}[default.packaging]\ntype = "wheel"\n`, /:4:1: default\.packaging\.type is "wheel", which is for Python/],
  [`${local}[default.packaging]\ntype = "zip"\n`, /:4:1: default\.packaging\.type is one of bundle/],
  [
    `${local}[default.packaging]\ntype = "bundle"\ndockerfile = "x"\n`,
    /:5:1: default\.packaging\.dockerfile is not known/,
  ],
])("%j is refused with its place", ([text, message]) => {
  const file = write("Slurmfile.toml", text);
  let refused: unknown;
  try {
    load();
  } catch (error) {
    refused = error;
  }
  expect(refused).toMatchObject({
    code: "SLURMFILE_INVALID",
    message: expect.stringMatching(message),
    details: { file },
  });
  expect(String(refused)).not.toContain("s3cret");
});
