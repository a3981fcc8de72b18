import type { EC2Client } from "@aws-sdk/client-ec2";
import type { ComputeInstances, InstanceTopology } from "../../graph/topology-graph.ts";
import { trimTiersOf } from "../../params/trim-tiers.ts";
import type { Provider, ProviderKind, ProviderSettings } from "../../provider.ts";
import type { TopologyHost } from "../../topology-host.ts";
import { awsTopology } from "../aws-topology.ts";
import { orFail } from "../or-fail.ts";
import { requiredCredential } from "../required-credential.ts";
import { cloudEndpoint } from "../cloud-endpoint.ts";
import { liveGraph } from "../live-graph.ts";
import { metadataMapper } from "../metadata-mapper.ts";
import { optionalPackage } from "../optional-package.ts";
import { requiredRegion } from "../required-region.ts";
import { seenPages } from "../seen-pages.ts";
import { trimTiersParam } from "../trim-tiers-param.ts";
import { untilAborted } from "../until-aborted.ts";

/** As many instances as EC2 lets a request name, and as it gives on one page. */
const mostNamed = 100;

const connectDeadlineMs = 10_000;

export const aws: ProviderKind = {
  kind: "aws",
  summary:
    "Amazon EC2: network nodes and capacity blocks by DescribeInstanceTopology. Tested against a server that speaks EC2's protocol, not on AWS itself. Needs `npm install @aws-sdk/client-ec2`; `AWS_ENDPOINT_URL_EC2` names another endpoint.",
  params: { trimTiers: trimTiersParam },
  creds: {
    accessKeyId: "Access key; without credentials the AWS SDK looks for them as always: environment, profile, role.",
    secretAccessKey: "Its secret.",
    token: "The session token of temporary credentials.",
  },
  open: (settings, host, signal) => openAws(settings, host, signal),
};

export interface AwsOptions {
  /** One try of a request may take so long, in milliseconds. */
  readonly deadlineMs?: number;
}

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Opens the provider. Throws `TopologyError` (400) for wrong parameters and credentials and where the SDK is missing. */
export async function openAws(
  { creds, params }: ProviderSettings,
  host: TopologyHost,
  signal: AbortSignal,
  { deadlineMs = 60_000 }: AwsOptions = {},
): Promise<Provider> {
  const credentials = readCredentials(creds);
  const trimTiers = trimTiersOf(params.get("trimTiers"), { prefix: "parameters error: " });
  const load = optionalPackage("aws", "@aws-sdk/client-ec2", () => import("@aws-sdk/client-ec2"));
  const { EC2Client, DescribeInstanceTopologyCommand } = await untilAborted(load, signal);
  const endpoint = cloudEndpoint(host.environment, "AWS_ENDPOINT_URL_EC2", "AWS_ENDPOINT_URL");

  const connect = (region: string): EC2Client =>
    new EC2Client({
      region,
      ...(credentials !== undefined && { credentials }),
      ...(endpoint !== undefined && { endpoint: endpoint.href }),
      requestHandler: {
        connectionTimeout: connectDeadlineMs,
        requestTimeout: deadlineMs,
        throwOnRequestTimeout: true,
      },
    });

  /** The instances of one region, page by page. A few are asked for by name, more are picked from the whole region. */
  const instancesOf = async (
    client: EC2Client,
    region: string,
    { instances }: ComputeInstances,
    { pageSize, abortSignal }: { readonly pageSize: number; readonly abortSignal: AbortSignal },
  ): Promise<readonly InstanceTopology[]> => {
    const which = instances.size <= mostNamed ? { InstanceIds: [...instances.keys()] } : { MaxResults: pageSize };
    const checkPage = seenPages("DescribeInstanceTopology");
    const found: InstanceTopology[] = [];
    for (let page: string | undefined; ; checkPage(page)) {
      const startedAt = performance.now();
      const took = (status: "Success" | "Error"): void =>
        host.metrics.observe("topograph_aws_api_latency", { region, status }, (performance.now() - startedAt) / 1000);
      const ask = new DescribeInstanceTopologyCommand({ ...which, ...(page !== undefined && { NextToken: page }) });
      const answer = await client.send(ask, { abortSignal }).catch((error: unknown) => {
        took("Error");
        throw error;
      });
      took("Success");
      for (const { InstanceId, NetworkNodes, CapacityBlockId } of answer.Instances ?? []) {
        if (InstanceId !== undefined && instances.has(InstanceId)) {
          found.push(awsTopology({ InstanceId, NetworkNodes, CapacityBlockId }));
        }
      }
      if (answer.NextToken === undefined || answer.NextToken === "") return found;
      page = answer.NextToken;
    }
  };

  return {
    instanceMapper: metadataMapper(host, {
      instanceId: askMetadata("instance-id"),
      region: askMetadata("placement/region"),
    }),
    async graph({ instances: request, pageSize = mostNamed }, abortSignal) {
      const found: (readonly InstanceTopology[])[] = [];
      for (const part of request) {
        const region = requiredRegion(part);
        if (part.instances.size === 0) continue;
        const client = connect(region);
        try {
          const retrieved = client.config.credentials();
          const { sessionToken = "" } = await orFail("failed to retrieve AWS credentials", retrieved, abortSignal);
          const instances = instancesOf(client, region, part, { pageSize, abortSignal });
          // Of a request whose signature is wrong, AWS shows what should have been signed.
          const secrets = [sessionToken];
          found.push(await orFail("failed to describe instance topology", instances, abortSignal, { secrets }));
        } finally {
          client.destroy();
        }
      }
      return liveGraph(found.flat(), request, { provider: "aws", trimTiers }, host);
    },
  };
}

/** `undefined` where none are given, which leaves the search for them to the SDK. */
function readCredentials(creds: ReadonlyMap<string, string>): Credentials | undefined {
  if (creds.size === 0) return undefined;
  const token = creds.get("token");
  return {
    accessKeyId: requiredCredential(creds, "accessKeyId"),
    secretAccessKey: requiredCredential(creds, "secretAccessKey"),
    ...(token !== undefined && token !== "" && { sessionToken: token }),
  };
}

/**
 * Asks the metadata service of an EC2 instance, which gives out a token first.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
 */
function askMetadata(what: string): string {
  const service = "http://169.254.169.254/latest";
  const token = `curl -s -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 60" ${service}/api/token`;
  return `TOKEN=$(${token}); echo $(curl -s -H "X-aws-ec2-metadata-token: $TOKEN" ${service}/meta-data/${what})`;
}
