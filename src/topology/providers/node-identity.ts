import { instanceAnnotation, nodesResource, regionAnnotation, textAt } from "../kubernetes-nodes.ts";
import { quoteGo } from "../names/quote-go.ts";
import type { ParamMap } from "../params/param-value.ts";
import { retryingFetch } from "../retrying-fetch.ts";
import { TopologyError } from "../topology-error.ts";
import type { TopologyHost } from "../topology-host.ts";
import { readAccelerator } from "./accelerator.ts";
import { execInDaemonSet } from "./exec-in-daemon-set.ts";
import { clusterIdAnnotation } from "./kubernetes-domains.ts";
import { nvidiaSmiCommand, nvlinkDomain } from "./nvidia-smi.ts";

/** Where this process stands, and what it may ask. */
export interface IdentityContext {
  /** The name of the Kubernetes Node. */
  readonly nodeName: string;
  readonly params: ParamMap;
  readonly host: Pick<TopologyHost, "kubernetes" | "log">;
  /** Addresses of metadata services in place of the clouds' own: for tests. */
  readonly metadata?: Partial<typeof metadataServices>;
}

type Annotations = Readonly<Record<string, string>>;
type Source = (context: IdentityContext, signal: AbortSignal) => Promise<Annotations>;

const metadataServices = {
  aws: "http://169.254.169.254/latest",
  gcp: "http://metadata.google.internal/computeMetadata/v1",
  oci: "http://169.254.169.254/opc/v2",
  nebius: "http://metadata.nebius.internal/v1",
  nscale: "http://169.254.169.254/openstack/latest/meta_data.json",
};

/**
 * The annotations by which engines and providers know which instance a Node is, as its provider says it. Throws `TopologyError`: 400
 * for a provider that there is not, and what the metadata service or the API server ends with.
 */
export async function nodeIdentity(
  provider: string,
  context: IdentityContext,
  signal: AbortSignal,
): Promise<Annotations> {
  const source = sources.get(provider);
  if (source !== undefined) return source(context, signal);
  throw new TopologyError(400, provider === "" ? "must set provider" : `unsupported provider ${quoteGo(provider)}`);
}

/** Instances that are named as their Node is, in the one region that a cluster has. */
const byNodeName: Source = ({ nodeName }) => Promise.resolve(identity(nodeName, "local"));

const sources: ReadonlyMap<string, Source> = new Map<string, Source>([
  ["aws", amazon],
  ["crusoe", byNodeName],
  ["gcp", google],
  ["oci", oracle],
  ["nebius", nebius],
  ["nscale", nscale],
  ["kubernetes", byNodeName],
  ["dra", byNodeName],
  ["infiniband-k8s", infiniband],
  ["lambdai", lambda],
]);

async function amazon(context: IdentityContext, signal: AbortSignal): Promise<Annotations> {
  const service = serviceOf(context, "aws");
  const lifetime = { "X-aws-ec2-metadata-token-ttl-seconds": "60" };
  const token = await ask(context, "token", { url: `${service}/api/token`, method: "PUT", headers: lifetime }, signal);
  const headers = { "X-aws-ec2-metadata-token": token };
  const instance = await ask(context, "instance-id IMDS", { url: `${service}/meta-data/instance-id`, headers }, signal);
  const region = await ask(context, "region IMDS", { url: `${service}/meta-data/placement/region`, headers }, signal);
  return identity(instance, region);
}

async function google(context: IdentityContext, signal: AbortSignal): Promise<Annotations> {
  const service = serviceOf(context, "gcp");
  const headers = { "Metadata-Flavor": "Google" };
  const instance = await ask(context, "instance-id IMDS", { url: `${service}/instance/id`, headers }, signal);
  // projects/<number>/zones/<zone>
  const zone = await ask(context, "region IMDS", { url: `${service}/instance/zone`, headers }, signal);
  return identity(instance, zone.slice(zone.lastIndexOf("/") + 1));
}

async function oracle(context: IdentityContext, signal: AbortSignal): Promise<Annotations> {
  const service = serviceOf(context, "oci");
  const headers = { Authorization: "Bearer Oracle" };
  const instance = await ask(context, "instance/id IMDS", { url: `${service}/instance/id`, headers }, signal);
  const region = await ask(context, "instance/region IMDS", { url: `${service}/instance/region`, headers }, signal);
  return identity(instance, region);
}

async function nebius(context: IdentityContext, signal: AbortSignal): Promise<Annotations> {
  const url = `${serviceOf(context, "nebius")}/instance-data`;
  const text = await ask(context, "", { url, headers: { Metadata: "true" } }, signal);
  const data = parseJson(text, "failed to parse instance data IMDS response");
  return identity(textAt(data, ["id"]).trim(), textAt(data, ["region"]).trim());
}

async function nscale(context: IdentityContext, signal: AbortSignal): Promise<Annotations> {
  const given = context.params.get("imdsUrl") ?? "";
  if (typeof given !== "string") throw new TopologyError(400, "invalid 'imdsUrl' value: it is no text");
  const url = given === "" ? serviceOf(context, "nscale") : given;
  const data = parseJson(await ask(context, "IMDS", { url, headers: {} }, signal), "failed to parse IMDS response");
  const [instance, region] = [textAt(data, ["meta", "serverID"]), textAt(data, ["meta", "regionID"])];
  if (instance === "") throw new TopologyError(502, 'missing "serverID" in IMDS response');
  return region === "" ? { [instanceAnnotation]: instance } : identity(instance, region);
}

/** Lambda's cloud controller names the instance in the Node itself. */
async function lambda({ nodeName, host }: IdentityContext, signal: AbortSignal): Promise<Annotations> {
  const shown = quoteGo(nodeName);
  const node = await host
    .kubernetes()
    .then((api) => api.get(nodesResource, { name: nodeName }, signal))
    .catch((error: unknown) => {
      throw failed(`failed to get node ${shown}`, error, signal);
    });
  if (node === undefined) throw new TopologyError(502, `failed to get node ${shown}: nodes ${shown} not found`);
  const providerId = textAt(node, ["spec", "providerID"]);
  const instance = /^lambda:\/\/(.+)$/s.exec(providerId)?.[1];
  if (instance === undefined) {
    const words = `providerID ${quoteGo(providerId)} is not "lambda://"-prefixed`;
    throw new TopologyError(502, `node ${shown} ${words}; is lambda-cloud-controller initialized?`);
  }
  const regionLabel = "topology.kubernetes.io/region";
  const region = node.metadata?.labels?.[regionLabel] ?? "";
  if (region === "") throw new TopologyError(502, `node ${shown} is missing the ${quoteGo(regionLabel)} label`);
  return identity(instance, region);
}

/** Where `nvidia-smi` is to be asked, its word on the NVLink domain goes with the name; without one the node is in none. */
async function infiniband({ nodeName, params, host }: IdentityContext, signal: AbortSignal): Promise<Annotations> {
  const { source, gpuOperatorNamespace: namespace, devicePluginDaemonSet: name } = readAccelerator(params);
  const own = identity(nodeName, "local");
  if (source !== "nvidia-smi") return own;
  try {
    const api = await host.kubernetes();
    const output = await execInDaemonSet(api, { name, namespace }, nodeName, nvidiaSmiCommand, signal);
    return output === undefined || output.trim() === "" ? own : { ...own, [clusterIdAnnotation]: nvlinkDomain(output) };
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    host.log("warning", `No accelerator domain for node ${nodeName}: ${why}`);
    return own;
  }
}

function identity(instance: string, region: string): Annotations {
  return { [instanceAnnotation]: instance, [regionAnnotation]: region };
}

function serviceOf({ metadata }: IdentityContext, provider: keyof typeof metadataServices): string {
  return metadata?.[provider] ?? metadataServices[provider];
}

async function ask(
  { host }: IdentityContext,
  what: string,
  request: { readonly url: string; readonly method?: string; readonly headers: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<string> {
  try {
    const log = (message: string): void => host.log("info", message);
    const { body } = await retryingFetch({ ...request, url: new URL(request.url) }, signal, { log });
    return body.trim();
  } catch (error) {
    throw what === "" ? error : failed(`failed to execute ${what} request`, error, signal);
  }
}

function parseJson(text: string, attempt: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new TopologyError(502, `${attempt}: ${why}`, { cause: error });
  }
}

function failed(attempt: string, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted || !(error instanceof Error)) return error;
  const status = error instanceof TopologyError ? error.status : 502;
  return new TopologyError(status, `${attempt}: ${error.message}`, { cause: error });
}
