import { fnv1a64 } from "../names/fnv1a.ts";
import type { ParamMap } from "../params/param-value.ts";
import { goJson, goJsonString } from "./go-json-writer.ts";
import type { TopologyRequest } from "./topology-request.ts";

/**
 * The id of a request, as Topograph makes it of provider, engine and their parameters: those that differ in nodes or in
 * credentials alone share one. Throws `RangeError` for a number that JSON has no word for.
 */
export function requestId({ provider, engine }: TopologyRequest): string {
  const text =
    `{"provider":{"name":${goJsonString(provider.name)},"creds":null,"params":${paramsJson(provider.params)}},` +
    `"engine":{"name":${goJsonString(engine.name)},"params":${paramsJson(engine.params)}},"nodes":null}`;
  return fnv1a64(text);
}

function paramsJson(params: ParamMap | undefined): string {
  return params === undefined ? "null" : goJson(params);
}
