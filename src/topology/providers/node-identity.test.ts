import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { recordedHost } from "../kubernetes/recorded-host.ts";
import { recordedKubernetes, type ExecAnswer } from "../kubernetes/recorded-kubernetes.ts";
import type { KubernetesObject } from "../kubernetes-api.ts";
import { toParamMap } from "../params/to-param-map.ts";
import { nodeIdentity } from "./node-identity.ts";

const { signal } = new AbortController();

/** Metadata services of all clouds, each under a path of its own, with the headers that they insist on. */
const services: Record<
  string,
  { readonly needs?: readonly [string, string]; readonly answer: string; readonly method?: string }
> = {
  "/aws/api/token": { needs: ["x-aws-ec2-metadata-token-ttl-seconds", "60"], answer: "session", method: "PUT" },
  "/aws/meta-data/instance-id": { needs: ["x-aws-ec2-metadata-token", "session"], answer: "i-0abc\n" },
  "/aws/meta-data/placement/region": { needs: ["x-aws-ec2-metadata-token", "session"], answer: "us-east-1" },
  "/gcp/instance/id": { needs: ["metadata-flavor", "Google"], answer: "42" },
  "/gcp/instance/zone": { needs: ["metadata-flavor", "Google"], answer: "projects/7/zones/us-central1-a" },
  "/oci/instance/id": { needs: ["authorization", "Bearer Oracle"], answer: "ocid1.instance" },
  "/oci/instance/region": { needs: ["authorization", "Bearer Oracle"], answer: "iad" },
  "/nebius/instance-data": { needs: ["metadata", "true"], answer: '{"id":" computeinstance-1 ","region":"eu-north1"}' },
  "/nscale": { answer: '{"meta":{"serverID":"srv-1","regionID":"region-a"}}' },
  "/nscale-without-region": { answer: '{"meta":{"serverID":"srv-1"}}' },
  "/nscale-without-server": { answer: '{"meta":{}}' },
  "/broken": { answer: "<html>" },
  "/broken/instance-data": { answer: "<html>" },
};
let server: Server;
let origin = "";

beforeAll(async () => {
  server = createServer((request, response) => {
    const service = services[request.url ?? ""];
    const [header, value] = service?.needs ?? [];
    const isRight = header === undefined || request.headers[header] === value;
    if (service === undefined) response.writeHead(404).end("no such path");
    else if (!isRight || (service.method ?? "GET") !== request.method) response.writeHead(403).end("forbidden");
    else response.end(service.answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  origin = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
});

afterAll(() => server.close());

async function identityOf(
  provider: string,
  options: {
    readonly params?: Record<string, unknown>;
    readonly objects?: readonly KubernetesObject[];
    readonly exec?: () => ExecAnswer;
    readonly metadata?: Record<string, string>;
    readonly lines?: string[];
  } = {},
): Promise<unknown> {
  const { exec } = options;
  const host = recordedHost(recordedKubernetes(options.objects ?? [], exec === undefined ? {} : { exec }));
  const metadata = Object.fromEntries(
    ["aws", "gcp", "oci", "nebius", "nscale"].map((name) => [name, `${origin}/${name}`]),
  );
  const context = {
    nodeName: "node-1",
    params: toParamMap(options.params ?? {}),
    host,
    metadata: { ...metadata, ...options.metadata },
  };
  const identity = await nodeIdentity(provider, context, signal);
  options.lines?.push(...host.lines);
  return identity;
}

const annotations = (instance: string, region: string): unknown => ({
  "topograph.run/instance": instance,
  "topograph.run/region": region,
});

test.each([
  ["aws", "i-0abc", "us-east-1"],
  ["gcp", "42", "us-central1-a"],
  ["oci", "ocid1.instance", "iad"],
  ["nebius", "computeinstance-1", "eu-north1"],
  ["nscale", "srv-1", "region-a"],
  ["kubernetes", "node-1", "local"],
  ["crusoe", "node-1", "local"],
  ["dra", "node-1", "local"],
  ["infiniband-k8s", "node-1", "local"],
])("%s says instance and region", async (provider, instance, region) => {
  expect(await identityOf(provider)).toEqual(annotations(instance, region));
});

test.each([
  ["", "must set provider"],
  ["invalid", 'unsupported provider "invalid"'],
  ["test", 'unsupported provider "test"'],
])("a provider %j is refused", async (provider, message) => {
  await expect(identityOf(provider)).rejects.toMatchObject({ status: 400, message });
});

describe("a metadata service", () => {
  test.each([
    ["aws", "failed to execute token request: no such path"],
    ["gcp", "failed to execute instance-id IMDS request: no such path"],
    ["oci", "failed to execute instance/id IMDS request: no such path"],
    ["nebius", "no such path"],
    ["nscale", "failed to execute IMDS request: no such path"],
  ])("of %s that does not know is named with its words", async (provider, message) => {
    const metadata = { [provider]: `${origin}/nowhere` };
    await expect(identityOf(provider, { metadata })).rejects.toMatchObject({ status: 404, message });
  });

  test("that answers with something else is named", async () => {
    await expect(identityOf("nebius", { metadata: { nebius: `${origin}/broken` } })).rejects.toThrow(
      /^failed to parse instance data IMDS response: /,
    );
    await expect(identityOf("nscale", { metadata: { nscale: `${origin}/broken` } })).rejects.toThrow(
      /^failed to parse IMDS response: /,
    );
  });

  test("of nscale stands where the parameter says; a server without region has none", async () => {
    const at = (path: string): Promise<unknown> => identityOf("nscale", { params: { imdsUrl: `${origin}${path}` } });
    expect(await at("/nscale-without-region")).toEqual({ "topograph.run/instance": "srv-1" });
    await expect(at("/nscale-without-server")).rejects.toThrow('missing "serverID" in IMDS response');
    await expect(identityOf("nscale", { params: { imdsUrl: 7 } })).rejects.toMatchObject({ status: 400 });
  });
});

describe("Lambda", () => {
  const node = (providerID: string | undefined, labels: Record<string, string> = {}): KubernetesObject => ({
    kind: "Node",
    metadata: { name: "node-1", labels },
    spec: providerID === undefined ? {} : { providerID },
  });
  const region = { "topology.kubernetes.io/region": "stg-sjc01" };

  test("names the instance in the Node", async () => {
    const objects = [node("lambda://0920582c7ff041399e34823a0be62549", region)];
    expect(await identityOf("lambdai", { objects })).toEqual(
      annotations("0920582c7ff041399e34823a0be62549", "stg-sjc01"),
    );
  });

  test.each([
    [[], 'failed to get node "node-1": nodes "node-1" not found'],
    [
      [node("aws://i", region)],
      'node "node-1" providerID "aws://i" is not "lambda://"-prefixed; is lambda-cloud-controller initialized?',
    ],
    [
      [node("lambda://", region)],
      'node "node-1" providerID "lambda://" is not "lambda://"-prefixed; is lambda-cloud-controller initialized?',
    ],
    [
      [node(undefined, region)],
      'node "node-1" providerID "" is not "lambda://"-prefixed; is lambda-cloud-controller initialized?',
    ],
    [[node("lambda://i")], 'node "node-1" is missing the "topology.kubernetes.io/region" label'],
  ])("is named where it has not done so yet: %j", async (objects, message) => {
    await expect(identityOf("lambdai", { objects })).rejects.toMatchObject({ status: 502, message });
  });
});

describe("InfiniBand in Kubernetes", () => {
  const smi = { accelerator: { source: "nvidia-smi" } };
  const labels = { app: "plugin" };
  const pod = (name: string): KubernetesObject => ({
    kind: "Pod",
    metadata: { name, namespace: "gpu-operator", labels },
    spec: { nodeName: "node-1" },
  });
  const daemonSet = {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "nvidia-device-plugin-daemonset", namespace: "gpu-operator" },
    spec: { selector: { matchLabels: labels } },
  };
  const own = annotations("node-1", "local");

  test("adds the NVLink domain that nvidia-smi says", async () => {
    const exec = (): ExecAnswer => ({ stdout: "29d9a0b8, 32766\n29d9a0b8, 32766\n" });
    expect(await identityOf("infiniband-k8s", { params: smi, objects: [daemonSet, pod("p")], exec })).toEqual({
      "topograph.run/instance": "node-1",
      "topograph.run/region": "local",
      "topograph.run/cluster-id": "29d9a0b8.32766",
    });
  });

  test.each([
    ["no DaemonSet", [], undefined, 'daemonsets.apps "nvidia-device-plugin-daemonset" not found'],
    ["two pods", [daemonSet, pod("p"), pod("q")], undefined, "expected 1 nvidia-device-plugin-daemonset pod, got 2"],
    ["N/A", [daemonSet, pod("p")], () => ({ stdout: "N/A, N/A\n" }), "ClusterUUID is N/A"],
    ["a failing command", [daemonSet, pod("p")], () => ({ stderr: "no driver", exitCode: 9 }), "no driver"],
  ])("goes without a domain, and says why: %s", async (_what, objects, exec, why) => {
    const lines: string[] = [];
    expect(
      await identityOf("infiniband-k8s", { params: smi, objects, lines, ...(exec !== undefined && { exec }) }),
    ).toEqual(own);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^warning: No accelerator domain for node node-1: /);
    expect(lines[0]).toContain(why);
  });

  test("goes without one where the node has no such pod, or nothing is to be asked", async () => {
    const lines: string[] = [];
    expect(await identityOf("infiniband-k8s", { params: smi, objects: [daemonSet], lines })).toEqual(own);
    expect(await identityOf("infiniband-k8s", { params: { accelerator: {} }, lines })).toEqual(own);
    expect(await identityOf("infiniband-k8s", { params: { accelerator: { source: "none" } }, lines })).toEqual(own);
    expect(lines).toEqual([]);
  });

  test.each(["invalid", null])("refuses an accelerator section that is none: %j", async (accelerator) => {
    await expect(identityOf("infiniband-k8s", { params: { accelerator } })).rejects.toMatchObject({
      status: 400,
      message: "accelerator section must be an object with a source",
    });
  });
});
