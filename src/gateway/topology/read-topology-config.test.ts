import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { toParamMap } from "../../topology/params/to-param-map.ts";
import { goJson } from "../../topology/request/go-json-writer.ts";
import { readTopologyConfig, type TopologyConfig } from "./read-topology-config.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-topology-config-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, "topograph-config.yaml");
const there = join(folder, "there");
writeFileSync(there, "token: s3cret\nnumber: 5\n");
const known = { providers: ["test", "oci-sim"], engines: ["slurm", "k8s"] };

function read(text: string): Promise<TopologyConfig> {
  writeFileSync(path, text);
  return readTopologyConfig(path, known);
}

const least = "http: {port: 49021}\nrequestAggregationDelay: 15s\n";

test("a whole file is read", async () => {
  const config = await read(`
http:
  port: 49021
  ssl: true
requestAggregationDelay: 1m30s
provider: test
providerParams: &shared
  modelFileName: small-tree.yaml
  trimTiers: 1
  big: 1e21
  text: "1"
  off: false
  nothing: ~
  list: [a, 0x10, -0]
engine: slurm
engineParams: {<<: *shared, trimTiers: 2, plugin: topology/tree}
pageSize: 100
ssl: {cert: ${there}, key: ${there}, ca_cert: ${there}}
credentialsPath: ${there}
env:
  SLURM_CONF: /etc/slurm/slurm.conf
  PATH: /opt/slurm/bin
  COUNT: 5
unknown: [anything]
`);
  const shared = {
    modelFileName: "small-tree.yaml",
    big: 1e21,
    text: "1",
    off: false,
    nothing: null,
    list: ["a", 16, -0],
  };
  expect(config).toMatchObject({
    port: 49_021,
    delayMs: 90_000,
    pageSize: 100,
    tls: { certFile: there, keyFile: there },
    warnings: [],
  });
  expect(config.defaults).toEqual({
    provider: "test",
    providerParams: toParamMap({ ...shared, trimTiers: 1 }),
    engine: "slurm",
    engineParams: toParamMap({ ...shared, trimTiers: 2, plugin: "topology/tree" }),
  });
  expect(config.credentials).toEqual(toParamMap({ token: "s3cret", number: 5 }));
  expect([...config.env]).toEqual([
    ["SLURM_CONF", "/etc/slurm/slurm.conf"],
    ["PATH", "/opt/slurm/bin"],
    ["COUNT", "5"],
  ]);
});

test("the least that is needed is a port and a delay", async () => {
  expect(await read(least)).toMatchObject({ port: 49_021, delayMs: 15_000, tls: undefined, credentials: undefined });
  expect((await read(least.replace("15s", "-5s"))).delayMs).toBe(-5_000);
  expect(await read(`${least}pageSize: -1\n`)).toMatchObject({
    pageSize: undefined,
    warnings: ["pageSize -1 is invalid; using the provider default"],
  });
});

test("parameters whose keys are no text have no JSON", async () => {
  const { defaults } = await read(`${least}engineParams: {k: {1: a}}\n`);
  expect(() => goJson(defaults.engineParams ?? null)).toThrow("json: unsupported type: map[interface {}]interface {}");
});

describe("of what is wrong the first is told, in the order and words of Topograph", () => {
  test.each([
    ["", "port is not set"],
    ["http: {port: 0}\nprovider: X\n", "port is not set"],
    ["http: {port: 1}\nprovider: X\nengine: Y\n", "unsupported provider X"],
    ["http: {port: 1}\nprovider: test\nengine: Y\n", "unsupported engine Y"],
    ["http: {port: 1, ssl: true}\n", "requestAggregationDelay is not set"],
    ["http: {port: 1}\nrequestAggregationDelay: 0s\n", "requestAggregationDelay is not set"],
    [least.replace("}", ", ssl: true}"), "missing ssl section"],
    [`${least.replace("}", ", ssl: true}")}ssl: {}\n`, "missing filename for server certificate"],
    [`${least.replace("}", ", ssl: true}")}ssl: {cert: ${there}}\n`, "missing filename for server key"],
    [
      `${least.replace("}", ", ssl: true}")}ssl: {cert: ${there}, key: ${there}}\n`,
      "missing filename for CA certificate",
    ],
    [
      `${least.replace("}", ", ssl: true}")}ssl: {cert: /no/such, key: ${there}}\n`,
      "failed to validate /no/such: stat /no/such: no such file or directory",
    ],
    [`${least}credentialsPath: ""\n`, "missing filename for API credentials"],
    [`${least}credentialsPath: /no/such\n`, "failed to validate /no/such: stat /no/such: no such file or directory"],
  ])("%j: %s", async (text, message) => {
    await expect(read(text)).rejects.toMatchObject({ code: "CONFIG_INVALID", message });
  });

  test.each([
    ['http: {port: "49777"}\n', "line 1: cannot unmarshal !!str `49777` into int"],
    ["http:\n  port: [1]\n", "line 2: cannot unmarshal !!seq into int"],
    ["requestAggregationDelay: 15\n", "line 1: cannot unmarshal !!int `15` into time.Duration"],
    ["requestAggregationDelay: 15x\n", "line 1: cannot unmarshal !!str `15x` into time.Duration"],
    ["http: {ssl: maybe-so-or-not}\n", "line 1: cannot unmarshal !!str `maybe-s...` into bool"],
    ["http: 5\n", "line 1: cannot unmarshal !!int `5` into config.Endpoint"],
    ["engineParams: [a]\n", "line 1: cannot unmarshal !!seq into map[string]interface {}"],
    ["env: {A: {}}\n", "line 1: cannot unmarshal !!map into string"],
    ["provider: test\nengine: slurm\nprovider: test\n", 'line 3: mapping key "provider" already defined at line 1'],
  ])("%j: %s", async (text, problem) => {
    await expect(read(text)).rejects.toMatchObject({
      message: `failed to parse ${path}: yaml: unmarshal errors:\n  ${problem}`,
    });
  });

  test("a file that is no YAML, or is not there", async () => {
    await expect(read("a: [\n")).rejects.toThrow(`failed to parse ${path}: yaml: line `);
    await expect(readTopologyConfig("/no/such", known)).rejects.toMatchObject({
      message: "failed to read /no/such: open /no/such: no such file or directory",
    });
    await expect(readTopologyConfig(folder, known)).rejects.toMatchObject({
      message: `failed to read ${folder}: read ${folder}: is a directory`,
    });
  });

  test("anchors that explode", async () => {
    const levels = Array.from({ length: 30 }, (_, at) => `a${at + 1}: &a${at + 1} [*a${at}, *a${at}]`);
    const text = `${least}providerParams:\n  a0: &a0 [x]\n  ${levels.join("\n  ")}\n`;
    await expect(read(text)).rejects.toThrow("yaml: document contains excessive aliasing");
  });
});
