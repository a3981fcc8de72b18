import { describe, expect, test } from "vitest";
import { Cluster } from "./cluster.ts";
import { readClusterConfig } from "./cluster-config.ts";

describe("a configuration", () => {
  test("of a test cluster names it, whatever else it says for people", () => {
    const config = {
      testCluster: "ci",
      home: "/h",
      hostname: "localhost",
      port: 2222,
      username: "ada",
      slurmConf: "/s",
    };
    expect(readClusterConfig(config).connection).toEqual({ via: "test-cluster", name: "ci", home: "/h" });
  });

  test("with a host goes over ssh, with all that ssh is to know", () => {
    const config = {
      hostname: "login",
      port: 2222,
      username: "ada",
      key_filename: "/home/ada/.ssh/id",
      job_base_dir: "/scratch/ada",
      host_key_policy: "reject",
      timeout: 9.5,
      connection_attempts: 3,
    } as const;
    expect(readClusterConfig(config).connection).toEqual({
      via: "settings",
      name: "ada@login:2222",
      settings: {
        kind: "slurm",
        folder: "/scratch/ada",
        ssh: {
          host: "login",
          user: "ada",
          port: 2222,
          identity_file: "/home/ada/.ssh/id",
          options: { StrictHostKeyChecking: "yes", ConnectTimeout: 10, ConnectionAttempts: 3 },
        },
      },
    });
  });

  test("of the Python SDK is read in its own spelling, its backend's part included", () => {
    const python = {
      backend: "ssh",
      job_base_dir: "/scratch",
      backend_config: { hostname: "login", username: "ada" },
      default_account: "physics",
      default_partition: "gpu",
    };
    const camel = {
      backend: "ssh",
      jobBaseDir: "/scratch",
      hostname: "login",
      username: "ada",
      account: "physics",
      partition: "gpu",
    };
    expect(readClusterConfig(python)).toEqual(readClusterConfig(camel));
    expect(readClusterConfig(python).submit).toEqual({ account: "physics", partition: "gpu" });
  });

  test("has options of jobs in layers, whose higher ones put rivals aside", () => {
    const { submit } = readClusterConfig({ env: { A: "1" }, account: "a", submit: { account: "b", env: { B: "2" } } });
    expect(submit).toEqual({ account: "b", env: { A: "1", B: "2" } });
  });

  test("without a host is Slurm on this one", () => {
    const { connection } = readClusterConfig({ slurmConf: "/etc/slurm/slurm.conf" });
    expect(connection).toMatchObject({
      via: "settings",
      settings: { kind: "slurm", slurm_conf: "/etc/slurm/slurm.conf" },
    });
  });

  test("of a gateway has its address, and no more", () => {
    expect(readClusterConfig({ url: "https://hpc", tokenFile: "/t", cluster: "a" }).connection).toEqual({
      via: "gateway",
      url: "https://hpc",
      token: undefined,
      tokenFile: "/t",
      cluster: "a",
    });
  });

  test("as in sluice.yaml is taken as it is", () => {
    expect(readClusterConfig({ kind: "mock", name: "m" }).connection).toEqual({
      via: "settings",
      name: "m",
      settings: { kind: "mock" },
    });
  });

  test.each([
    [{ hostnam: "login" }, "hostnam", "did you mean hostname?"],
    [{ hostname: "login", password: "secret" }, "password", "never with a password"],
    [{ hostname: "login", port: "22" }, "port", "takes a number"],
    [{ hostname: "login", port: 70_000 }, "port", "1 to 65535"],
    [{ hostname: "" }, "hostname", "takes a text"],
    [{ backend: "ssh" }, "hostname", "is missing"],
    [{ backend: "kubernetes" }, "backend", '"ssh", "local" or "process"'],
    [{ hostname: "login", host_key_policy: "never" }, "hostKeyPolicy", '"reject"'],
    [{ hostname: "login", jobBaseDir: "jobs" }, "jobBaseDir", "absolute"],
    [{ url: "hpc.example.org" }, "url", "http://HOST"],
    [{ hostname: "login", user: "ada", username: "eve" }, "username", "twice"],
    [{ submit: { cpu: 4 } }, "submit.cpu", "cpus"],
    [{ backend_config: "login" }, "backend_config", "takes an object"],
  ])("%j is refused: %s", (config, field, problem) => {
    const read = (): unknown => readClusterConfig(config);
    expect(read).toThrow(problem);
    expect(read).toThrow(expect.objectContaining({ code: "INPUT_INVALID", details: { field } }));
    expect(read).not.toThrow(/secret/);
  });
});

test("its types know all spellings, and no other setting", () => {
  const made = [
    Cluster.fromConfig({ hostname: "login", keyFilename: "/k", jobBaseDir: "/j" }),
    Cluster.fromConfig({ hostname: "login", key_filename: "/k", job_base_dir: "/j", default_account: "physics" }),
    Cluster.fromConfig({ backend: "ssh", backend_config: { hostname: "login" } }),
    Cluster.fromConfig({ kind: "slurm", ssh: { host: "login" } }),
  ];
  expect(made).toHaveLength(4);
  // @ts-expect-error There is no such setting.
  expect(() => Cluster.fromConfig({ hostnam: "login" })).toThrow("did you mean hostname?");
});
