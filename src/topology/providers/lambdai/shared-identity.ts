import { systemClock } from "../../../jobs/clock.ts";
import type { TopologyHost } from "../../topology-host.ts";
import { WorkloadIdentity } from "./workload-identity.ts";

/** Where Lambda's webhook mounts the token if it does not say so. */
const usualTokenPath = "/var/run/secrets/lambda.ai/serviceaccount/token";
/** The address is part of a request, so that there might be any number of them. */
const mostIdentities = 32;

/** A provider is opened for every request; keys live longer, as long as the host that they are used through. */
const identities = new WeakMap<TopologyHost, Map<string, WorkloadIdentity>>();

/** The identity of this pod towards one address; the same for the same. */
export function sharedIdentity(
  host: TopologyHost,
  given: { readonly baseUrl: string; readonly identityLrn: string; readonly tokenPath: string | undefined },
): WorkloadIdentity {
  const { baseUrl, identityLrn } = given;
  const tokenPath = given.tokenPath === undefined || given.tokenPath === "" ? usualTokenPath : given.tokenPath;
  const known = identities.get(host) ?? new Map<string, WorkloadIdentity>();
  identities.set(host, known);
  const key = JSON.stringify([identityLrn, tokenPath, baseUrl]);
  const found = known.get(key);
  if (found !== undefined) return found;
  const [oldest] = known.keys();
  if (known.size >= mostIdentities && oldest !== undefined) known.delete(oldest);
  const identity = new WorkloadIdentity({ baseUrl, identityLrn, tokenPath, host, clock: systemClock });
  known.set(key, identity);
  return identity;
}
