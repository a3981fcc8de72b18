import type { ParamMap } from "../params/param-value.ts";
import { goJson, goJsonString } from "../request/go-json-writer.ts";

/** What an observer watches, and what it asks for when that changes. */
export interface ObserverConfig {
  /** The address of `/v1/generate`. */
  readonly generateUrl: string;
  readonly trigger: NodeTrigger;
  /** The pods of the API server itself: when one has started anew, it knows nothing of earlier requests. */
  readonly apiServer: {
    /** Empty for all namespaces. */
    readonly namespace: string;
    readonly podSelector: string | undefined;
    readonly containerName: string;
  };
  readonly request: ObserverRequest;
  /** How long after a failure it is tried again, in milliseconds. */
  readonly retryDelayMs: number;
  /** The DaemonSet of the brokers, which have to be ready first; none is waited for where absent. */
  readonly broker: { readonly name: string; readonly namespace: string } | undefined;
  /** Reads the token for servers that ask for one; it may change. */
  readonly readToken?: () => Promise<string>;
}

/** Which changes of the cluster ask for a new topology. */
export interface NodeTrigger {
  readonly nodeSelector: ReadonlyMap<string, string>;
  /** Labels whose values count. */
  readonly nodeLabels: readonly string[];
  /** Whether it counts that a Node becomes ready, or ceases to be. */
  readonly nodeReadiness: boolean;
  /** Pods whose coming, going and readiness counts, in all namespaces. */
  readonly podSelector: string | undefined;
}

export interface ObserverRequest {
  readonly provider: string;
  readonly creds: ParamMap | undefined;
  readonly providerParams: ParamMap | undefined;
  readonly engine: string;
  readonly engineParams: ParamMap | undefined;
}

/** The request as Topograph's own observer writes it. */
export function requestBody({ provider, creds, providerParams, engine, engineParams }: ObserverRequest): string {
  const json = (params: ParamMap | undefined): string => goJson(params ?? null);
  const asked = `{"name":${goJsonString(provider)},"creds":${json(creds)},"params":${json(providerParams)}}`;
  return `{"provider":${asked},"engine":{"name":${goJsonString(engine)},"params":${json(engineParams)}},"nodes":null}`;
}
