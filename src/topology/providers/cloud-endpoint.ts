import { TopologyError } from "../topology-error.ts";

/**
 * Where a cloud's API is reached instead of at its own address, by the first of these variables that is set. It is never
 * part of a request: who asks for a topology must not have the server's credentials sent to a place of his choice. Throws
 * `TopologyError` (400) where the variable holds no URL.
 */
export function cloudEndpoint(
  environment: Readonly<Record<string, string | undefined>>,
  ...variables: readonly string[]
): URL | undefined {
  const name = variables.find((variable) => environment[variable] !== undefined && environment[variable] !== "");
  if (name === undefined) return undefined;
  const url = URL.parse(environment[name] ?? "");
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new TopologyError(400, `the variable ${name} holds no URL`);
}
