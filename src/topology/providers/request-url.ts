import { TopologyError } from "../topology-error.ts";

/**
 * The address of a resource below a base address, with the parameters of a query in the order of their names. Slashes at
 * the joints are taken care of. Throws `TopologyError` (400) where the base is no address of http or https.
 */
export function requestUrl(base: string, paths: readonly string[], query: Readonly<Record<string, string>> = {}): URL {
  const url = URL.parse(base);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new TopologyError(400, `the address ${JSON.stringify(withoutUser(base))} is none of http or https`);
  }
  const parts = [url.pathname, ...paths].flatMap((path) => path.split("/")).filter((part) => part !== "");
  url.pathname = `/${parts.join("/")}`;
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  url.searchParams.sort();
  return url;
}

/** A user and password in an address are not shown. */
function withoutUser(address: string): string {
  return address.replace(/\/\/[^/@]*@/, "//");
}
