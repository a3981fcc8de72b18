import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { requestBody } from "../../topology/observer/observer-config.ts";
import { readBrokerConfig } from "./read-broker-config.ts";
import { readObserverConfig, type ObserverSettings } from "./read-observer-config.ts";

let file = "";
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-observer-"));
  file = join(folder, "config.yaml");
});
afterAll(() => rm(folder, { recursive: true }));

const url = "http://topograph.default.svc.cluster.local:49021/v1/generate";

async function observer(text: string, environment: Record<string, string> = {}): Promise<ObserverSettings> {
  await writeFile(file, text);
  return readObserverConfig(file, environment);
}

describe("an observer's configuration", () => {
  test("of upstream is read as it is", async () => {
    const { config, healthzPort } = await observer(`
generateTopologyUrl: "${url}"
provider:
  name: test
engine:
  name: slinky
  params:
    namespace: default
    plugin: topology/tree
    topologyConfigPath: topology.conf
    topologyConfigmapName: slurm-config
retryDelay: 10m
unknown: passed over
trigger:
  nodeSelector:
    c: d
    a: b
  podSelector:
    matchLabels:
      app.kubernetes.io/component: compute
    matchExpressions:
      - key: tier
        operator: In
        values:
          - frontend
          - backend
`);
    expect(config).toEqual({
      generateUrl: url,
      trigger: {
        nodeSelector: new Map([
          ["c", "d"],
          ["a", "b"],
        ]),
        nodeLabels: [],
        nodeReadiness: false,
        podSelector: "app.kubernetes.io/component=compute,tier in (backend,frontend)",
      },
      apiServer: { namespace: "", podSelector: undefined, containerName: "" },
      request: {
        provider: "test",
        creds: undefined,
        providerParams: undefined,
        engine: "slinky",
        engineParams: new Map([
          ["namespace", "default"],
          ["plugin", "topology/tree"],
          ["topologyConfigPath", "topology.conf"],
          ["topologyConfigmapName", "slurm-config"],
        ]),
      },
      retryDelayMs: 600_000,
      broker: undefined,
    });
    expect(healthzPort).toBe(0);
    expect(requestBody(config.request)).toBe(
      '{"provider":{"name":"test","creds":null,"params":null},"engine":{"name":"slinky","params":{"namespace":"default","plugin":"topology/tree","topologyConfigPath":"topology.conf","topologyConfigmapName":"slurm-config"}},"nodes":null}',
    );
  });

  test("has defaults: five minutes, and the container topograph of the API's pods", async () => {
    const { config } = await observer(`
generateTopologyUrl: "${url}"
apiServer:
  namespace: topograph
  podSelector:
    matchLabels:
      app.kubernetes.io/instance: topograph
      app.kubernetes.io/component: api-server
`);
    expect(config.retryDelayMs).toBe(300_000);
    expect(config.apiServer).toEqual({
      namespace: "topograph",
      podSelector: "app.kubernetes.io/component=api-server,app.kubernetes.io/instance=topograph",
      containerName: "topograph",
    });
  });

  test("may ask for labels and readiness of Nodes, and for everything with an empty selector", async () => {
    const { config, healthzPort } = await observer(`
generateTopologyUrl: ${url}
healthzPort: 8080
trigger: {nodeLabels: [example.com/rack], nodeReadiness: true, podSelector: {}}
`);
    expect(config.trigger).toMatchObject({ nodeLabels: ["example.com/rack"], nodeReadiness: true, podSelector: "" });
    expect(healthzPort).toBe(8080);
  });

  test("knows the brokers by the environment", async () => {
    const text = `{generateTopologyUrl: "${url}", trigger: {nodeReadiness: true}}`;
    const environment = { NODE_DATA_BROKER_NAME: "broker", NODE_DATA_BROKER_NAMESPACE: "ns" };
    expect((await observer(text, environment)).config.broker).toEqual({ name: "broker", namespace: "ns" });
    expect((await observer(text, { NODE_DATA_BROKER_NAME: "broker" })).config.broker).toBeUndefined();
  });

  describe("for the provider kubernetes", () => {
    const kubernetes = (params: string, trigger = "{}"): Promise<ObserverSettings> =>
      observer(`{generateTopologyUrl: "${url}", trigger: ${trigger}, provider: {name: kubernetes, params: ${params}}}`);

    test("takes what counts from the provider's parameters", async () => {
      const { config } = await kubernetes("{topologyLabels: [rack], nodeSelector: {pool: gpu}, requireReady: true}");
      expect(config.trigger).toEqual({
        nodeLabels: ["rack"],
        nodeReadiness: true,
        nodeSelector: new Map([["pool", "gpu"]]),
        podSelector: undefined,
      });
    });

    test("keeps labels of its own, be they none", async () => {
      const own = await kubernetes("{topologyLabels: [rack]}", "{nodeLabels: [custom/rack]}");
      expect(own.config.trigger.nodeLabels).toEqual(["custom/rack"]);
      const none = await kubernetes("{topologyLabels: [rack], nodeSelector: {a: b}}", "{nodeLabels: []}");
      expect(none.config.trigger.nodeLabels).toEqual([]);
    });

    test.each([
      [
        "{topologyLabels: [rack], nodeSelector: {pool: gpu}}",
        "{nodeSelector: {pool: cpu}}",
        "trigger.nodeSelector must match provider.params.nodeSelector for the kubernetes provider",
      ],
      ["{}", "{}", "topologyLabels must contain at least one label key, closest tier first"],
      ["{topologyLabels: rack}", "{}", "topologyLabels must be a list of strings"],
    ])("is refused with params %s and trigger %s", async (params, trigger, message) => {
      await expect(kubernetes(params, trigger)).rejects.toMatchObject({ code: "CONFIG_INVALID", message });
    });
  });

  test.each([
    ["", "must specify generateTopologyUrl"],
    [
      `generateTopologyUrl: "${url}"`,
      "must specify nodeSelector, nodeLabels, nodeReadiness and/or podSelector in trigger, or apiServer.podSelector",
    ],
    [
      'generateTopologyUrl: "localhost:1"',
      'failed to parse generateTopologyUrl "localhost:1": it is no address of HTTP',
    ],
  ])("%j is refused", async (text, message) => {
    await expect(observer(text)).rejects.toMatchObject({ code: "CONFIG_INVALID", message });
  });

  test.each([
    ["12345", "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!int `12345` into node_observer.Config"],
    [
      `{generateTopologyUrl: "${url}", retryDelay: 5}`,
      "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!int `5` into time.Duration",
    ],
    [
      `{generateTopologyUrl: "${url}", trigger: {podSelector: {matchExpressions: [{key: a, operator: BAD}]}}}`,
      '"BAD" is not a valid label selector operator',
    ],
    [`{generateTopologyUrl: "${url}", trigger: {nodeLabels: [1]}}`, "trigger.nodeLabels must be a list of strings"],
  ])("%j cannot be parsed", async (text, why) => {
    await expect(observer(text)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: `failed to parse ${file}: ${why}`,
    });
  });

  test("a label that is none is refused, and a file that is not there", async () => {
    await expect(observer(`{generateTopologyUrl: "${url}", trigger: {nodeLabels: ["no label"]}}`)).rejects.toThrow(
      /^trigger\.nodeLabels "no label" is not a valid Kubernetes label key: /,
    );
    await expect(readObserverConfig("/does/not/exist", {})).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: "open /does/not/exist: no such file or directory",
    });
  });
});

describe("a broker's configuration", () => {
  const broker = async (text: string): Promise<unknown> => {
    await writeFile(file, text);
    return readBrokerConfig(file);
  };

  test("names the provider, its parameters and the port", async () => {
    expect(
      await broker(
        "provider:\n  name: infiniband-k8s\n  params:\n    accelerator:\n      source: none\nhealthzPort: 18080\n",
      ),
    ).toEqual({
      provider: "infiniband-k8s",
      params: new Map([["accelerator", new Map([["source", "none"]])]]),
      healthzPort: 18_080,
    });
  });

  test.each([
    ["healthzPort: 8080", "must specify provider.name"],
    ["provider:\n  name: test", "must specify a positive healthzPort"],
    ["provider:\n  name: test\nhealthzPort: -1", "must specify a positive healthzPort"],
  ])("%j is refused", async (text, message) => {
    await expect(broker(text)).rejects.toMatchObject({ code: "CONFIG_INVALID", message });
  });

  test("that cannot be read or parsed is named", async () => {
    await expect(readBrokerConfig("/does/not/exist")).rejects.toThrow(
      'failed to read node-data-broker config "/does/not/exist": open /does/not/exist: no such file or directory',
    );
    await expect(broker("provider: [")).rejects.toThrow(
      `failed to decode node-data-broker config "${file}": yaml: line 1`,
    );
  });
});
