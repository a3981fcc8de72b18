import { inspect } from "node:util";
import { afterAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { ec2Fault, ec2Item, ec2Page } from "../../../../test/ec2-wire.ts";
import { nodesOf, switchesOf } from "../../../../test/graph-lines.ts";
import { recordingHost } from "../../../../test/recording-host.ts";
import { inTurn, wireServer } from "../../../../test/wire-server.ts";
import { createRecordedRunner } from "../../../remote/recorded-runner.ts";
import type { ComputeInstances, TopologyGraph } from "../../graph/topology-graph.ts";
import { toParamMap } from "../../params/to-param-map.ts";
import { openAws } from "./aws.ts";

const ec2 = await wireServer(() => ({ status: 500 }));
afterAll(() => ec2[Symbol.asyncDispose]());
beforeEach(() => void ec2.requests.splice(0));

const { signal } = new AbortController();
const creds = new Map([
  ["accessKeyId", "AKID"],
  ["secretAccessKey", "very secret"],
  ["token", "session"],
]);

describe("instances of EC2", () => {
  // The instances of Topograph's own test.
  const root = "nn-098f9e7674016cb1c";
  const spine = "nn-224a2a4d9df61a975";
  const four = [
    ["i-0febfe7a633a552cc", "node1", "nn-20da390f7d602f42f"],
    ["i-0727864293842c5f1", "node2", "nn-568b52163b3ce19c8"],
    ["i-04e4ca4199532bbba", "node3", "nn-d7d7a965aec389018"],
    ["i-0359d6503bf895535", "node4", "nn-ef5c999131844763a"],
  ] as const;
  const region = regionOf("us-east-1", new Map(four.map(([id, name]) => [id, name])));

  test("stand under their network nodes, which come from the root on", async () => {
    ec2.answer = inTurn(ec2Page(four.map(([id, , leaf]) => ec2Item(id, [root, spine, leaf]))));
    const graph = await graphOf([region]);
    expect(switchesOf(graph)).toEqual([
      `${root} < -`,
      `${spine} < ${root}`,
      ...four.map(([, , leaf]) => `${leaf} < ${spine}`),
    ]);
    expect(nodesOf(graph)).toEqual(four.map(([, name, leaf]) => `${name} < ${leaf}`));
    expect(graph.domains?.size ?? 0).toBe(0);
  });

  test("are asked for by their ids, in a request that is signed", async () => {
    ec2.answer = inTurn(ec2Page([]));
    await graphOf([region]);
    const [request, ...others] = ec2.requests;
    expect(others).toEqual([]);
    const asked = new URLSearchParams(request?.body);
    expect(asked.get("Action")).toBe("DescribeInstanceTopology");
    expect(four.map((_, index) => asked.get(`InstanceId.${index + 1}`))).toEqual(four.map(([id]) => id));
    expect(asked.has("MaxResults")).toBe(false);
    expect(request?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/us-east-1\/ec2\/aws4_request, SignedHeaders=\S+, Signature=[0-9a-f]{64}$/,
    );
    expect(request?.headers["x-amz-security-token"]).toBe("session");
  });

  test("have their capacity block for a domain", async () => {
    ec2.answer = inTurn(ec2Page([ec2Item("i-1", ["r", "l"], "cb-7"), ec2Item("i-2", ["r", "l"], "")]));
    const graph = await graphOf([
      regionOf(
        "r1",
        new Map([
          ["i-1", "n1"],
          ["i-2", "n2"],
        ]),
      ),
    ]);
    expect([...(graph.domains ?? [])].map(([name, hosts]) => [name, [...hosts.keys()]])).toEqual([["cb-7", ["n1"]]]);
  });

  test("that EC2 says nothing of stand without a topology, and a metric names them", async () => {
    ec2.answer = inTurn(ec2Page([ec2Item("i-1", ["r", "l"])]));
    const host = hostOf();
    const graph = await graphOf(
      [
        regionOf(
          "r1",
          new Map([
            ["i-1", "n1"],
            ["i-9", "n9"],
          ]),
        ),
      ],
      { host },
    );
    expect(nodesOf(graph)).toContain("n9 < no-topology");
    expect(host.recorded.metrics).toEqual([
      'topograph_aws_api_latency{region="r1",status="Success"}',
      'topograph_missing_topology{provider="aws",node="n9"}',
    ]);
  });

  test("lose tiers from the top where that is asked for", async () => {
    ec2.answer = inTurn(ec2Page([ec2Item("i-1", ["r", "s", "l"])]));
    const graph = await graphOf([regionOf("r1", new Map([["i-1", "n1"]]))], { params: { trimTiers: 2 } });
    expect(switchesOf(graph)).toEqual(["l < -"]);
  });

  test("of several regions are asked for in each", async () => {
    ec2.answer = inTurn(ec2Page([ec2Item("i-1", ["a"])]), ec2Page([ec2Item("i-2", ["b"])]));
    const graph = await graphOf([regionOf("r1", new Map([["i-1", "n1"]])), regionOf("r2", new Map([["i-2", "n2"]]))]);
    expect(nodesOf(graph)).toEqual(["n1 < a", "n2 < b"]);
    expect(ec2.requests.map(({ headers }) => /\/(r\d)\//.exec(headers.authorization ?? "")?.[1])).toEqual(["r1", "r2"]);
  });
});

describe("pages of EC2", () => {
  const many = regionOf("r1", new Map(Array.from({ length: 101 }, (_, index) => [`i-${index}`, `n${index}`])));
  const all = [...many.instances.keys()].map((id) => ec2Item(id, ["r", "l"]));

  test("hold a hundred instances where more than a hundred are asked for, and one of others is passed over", async () => {
    ec2.answer = inTurn(ec2Page([...all.slice(0, 99), ec2Item("i-other", ["r", "l"])], "more"), ec2Page(all.slice(99)));
    const graph = await graphOf([many]);
    expect(nodesOf(graph)).toHaveLength(101);
    expect(nodesOf(graph).every((node) => node.endsWith(" < l"))).toBe(true);
    const [first, second] = ec2.requests.map(({ body }) => new URLSearchParams(body));
    expect([first?.get("MaxResults"), first?.has("InstanceId.1"), first?.has("NextToken")]).toEqual([
      "100",
      false,
      false,
    ]);
    expect([second?.get("MaxResults"), second?.get("NextToken")]).toEqual(["100", "more"]);
  });

  test("are as large as the settings say", async () => {
    ec2.answer = inTurn(ec2Page(all));
    await graphOf([many], { pageSize: 7 });
    expect(new URLSearchParams(ec2.requests[0]?.body).get("MaxResults")).toBe("7");
  });

  test("that lead in a circle are an error", async () => {
    ec2.answer = inTurn(ec2Page(all.slice(0, 3), "again"));
    await expect(graphOf([many])).rejects.toMatchObject({
      status: 502,
      message: 'failed to describe instance topology: DescribeInstanceTopology returned repeated page token "again"',
    });
    expect(ec2.requests).toHaveLength(2);
  });
});

describe("EC2 that fails", () => {
  const one = regionOf("r1", new Map([["i-1", "n1"]]));

  test("for being asked too often is asked again", async () => {
    ec2.answer = inTurn(
      ec2Fault(503, "RequestLimitExceeded", "Request limit exceeded."),
      ec2Page([ec2Item("i-1", ["l"])]),
    );
    expect(nodesOf(await graphOf([one]))).toEqual(["n1 < l"]);
    expect(ec2.requests).toHaveLength(2);
  });

  test("for good is an error with its own words, which another attempt may mend", async () => {
    ec2.answer = inTurn(ec2Fault(403, "UnauthorizedOperation", "You are not authorized."));
    const host = hostOf();
    await expect(graphOf([one], { host })).rejects.toMatchObject({
      status: 502,
      message: "failed to describe instance topology: UnauthorizedOperation: You are not authorized.",
    });
    expect(host.recorded.metrics).toEqual(['topograph_aws_api_latency{region="r1",status="Error"}']);
  });

  test("for a token that has expired is an error that shows none of the credentials", async () => {
    ec2.answer = inTurn(ec2Fault(400, "RequestExpired", "Request has expired."));
    const error = await graphOf([one]).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 502, message: expect.stringContaining("RequestExpired") });
    expect(inspected(error)).not.toMatch(/very secret|session|AWS4/);
  });

  test("for a signature that is wrong, and shows what should have been signed, is told without the session's token", async () => {
    const signed = "The Canonical String should have been 'POST / x-amz-security-token:session'";
    ec2.answer = inTurn(ec2Fault(403, "SignatureDoesNotMatch", signed));
    const error = await graphOf([one]).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: expect.stringContaining("x-amz-security-token:***") });
    expect(inspected(error)).not.toContain("token:session");
  });

  test("with text that is no XML is an error", async () => {
    ec2.answer = inTurn({ body: "<DescribeInstanceTopologyResponse><unclosed" });
    await expect(graphOf([one])).rejects.toMatchObject({
      status: 502,
      message: expect.stringMatching(/^failed to describe instance topology: /),
    });
  });

  test("without an answer is an error after the deadline", async () => {
    ec2.answer = () => "hang";
    await expect(graphOf([one], { deadlineMs: 50 })).rejects.toMatchObject({
      status: 502,
      message: expect.stringMatching(/^failed to describe instance topology: TimeoutError: /),
    });
  });

  test("without an answer is left with the signal", async () => {
    const stop = new AbortController();
    const reason = new Error("no longer wanted");
    ec2.answer = () => {
      stop.abort(reason);
      return "hang";
    };
    await expect(graphOf([one], { abort: stop.signal })).rejects.toBe(reason);
  });
});

describe("a request to the provider aws", () => {
  test("must name the region", async () => {
    await expect(graphOf([regionOf("", new Map([["i-1", "n1"]]))])).rejects.toMatchObject({
      status: 400,
      message: "must specify region",
    });
  });

  test("without instances asks nothing", async () => {
    expect(nodesOf(await graphOf([regionOf("r1", new Map())]))).toEqual([]);
    expect(ec2.requests).toEqual([]);
  });

  test.each([
    [{ secretAccessKey: "s" }, "credentials error: missing 'accessKeyId'"],
    [{ accessKeyId: "a" }, "credentials error: missing 'secretAccessKey'"],
  ])("with credentials that lack one is refused: %o", async (given, message) => {
    const settings = { creds: new Map(Object.entries(given)), params: new Map() };
    await expect(openAws(settings, hostOf(), signal)).rejects.toMatchObject({ status: 400, message });
  });

  test.each([
    [3, "parameters error: invalid 'trimTiers' value '3': must be an integer between 0 and 2"],
    ["1", "parameters error: invalid 'trimTiers' value '1': unsupported type string"],
  ])("that trims %o tiers is refused", async (trimTiers, message) => {
    const settings = { creds, params: toParamMap({ trimTiers }) };
    await expect(openAws(settings, hostOf(), signal)).rejects.toMatchObject({ status: 400, message });
  });

  test("without credentials takes those that the SDK finds, and says where there are none", async () => {
    const one = regionOf("r1", new Map([["i-1", "n1"]]));
    onTestFinished(() => void vi.unstubAllEnvs());
    for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"]) vi.stubEnv(name, undefined);
    vi.stubEnv("AWS_CONFIG_FILE", "/nonexistent/config");
    vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials");
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
    await expect(graphOf([one], { creds: new Map() })).rejects.toMatchObject({
      status: 502,
      message: expect.stringMatching(/^failed to retrieve AWS credentials: CredentialsProviderError: /),
    });
    vi.stubEnv("AWS_ACCESS_KEY_ID", "ENVID");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "env secret");
    ec2.answer = inTurn(ec2Page([ec2Item("i-1", ["l"])]));
    expect(nodesOf(await graphOf([one], { creds: new Map() }))).toEqual(["n1 < l"]);
    expect(ec2.requests[0]?.headers.authorization).toContain("Credential=ENVID/");
  });

  test("learns instances and regions from the nodes' own metadata", async () => {
    const service = "http://169.254.169.254/latest";
    const ask = (what: string) =>
      `TOKEN=$(curl -s -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 60" ${service}/api/token); echo $(curl -s -H "X-aws-ec2-metadata-token: $TOKEN" ${service}/meta-data/${what})`;
    const pdsh = (what: string, stdout: string) => ({
      argv: ["pdsh", "-R", "ssh", "-w", "n1", ask(what)] satisfies [string, ...string[]],
      output: { stdout, stderr: "", exitCode: 0 },
    });
    const runner = createRecordedRunner([
      pdsh("instance-id", "n1: i-1\n"),
      pdsh("placement/region", "n1: us-east-1\n"),
    ]);
    const { instanceMapper } = await openAws({ creds, params: new Map() }, recordingHost({ runner }), signal);
    expect(await instanceMapper?.nodesByInstance(["n1"], signal)).toEqual(new Map([["i-1", "n1"]]));
    expect(await instanceMapper?.regionsByNode(["n1"], signal)).toEqual(new Map([["n1", "us-east-1"]]));
  });
});

interface Asked {
  readonly host?: ReturnType<typeof hostOf>;
  readonly creds?: ReadonlyMap<string, string>;
  readonly params?: unknown;
  readonly pageSize?: number;
  readonly deadlineMs?: number;
  readonly abort?: AbortSignal;
}

async function graphOf(instances: readonly ComputeInstances[], asked: Asked = {}): Promise<TopologyGraph> {
  const settings = { creds: asked.creds ?? creds, params: toParamMap(asked.params ?? {}) };
  const options = asked.deadlineMs === undefined ? {} : { deadlineMs: asked.deadlineMs };
  const provider = await openAws(settings, asked.host ?? hostOf(), signal, options);
  const pageSize = asked.pageSize === undefined ? {} : { pageSize: asked.pageSize };
  return provider.graph({ instances, ...pageSize }, asked.abort ?? signal);
}

function hostOf() {
  return recordingHost({ environment: { AWS_ENDPOINT_URL: ec2.url.href } });
}

function regionOf(region: string, instances: ReadonlyMap<string, string>): ComputeInstances {
  return { region, instances };
}

/** All that could be printed of an error, what it was caused by included. */
function inspected(error: unknown): string {
  return inspect(error, { depth: 10, showHidden: true });
}
