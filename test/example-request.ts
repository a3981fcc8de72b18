import { Bytes, pathOf, type Operation } from "../src/gateway/contract/operation.ts";
import type { fakeGateway } from "./fake-gateway.ts";

type Init = NonNullable<Parameters<ReturnType<typeof fakeGateway>["request"]>[1]>;

/** The example of an operation as a request of the fake gateway, with a token of just its scope; with other parameters where they are given. */
export function exampleRequest(
  { method, path, example, scope, body }: Operation,
  params: Readonly<Record<string, string>> = {},
): [path: string, init: Init] {
  const query = new URLSearchParams(example.query).toString();
  return [
    `${pathOf({ path }, { ...example.params, ...params })}${query === "" ? "" : `?${query}`}`,
    {
      method: method.toUpperCase(),
      scope: scope === "public" ? "none" : scope,
      headers: { ...(body === Bytes && { "content-type": "application/octet-stream" }), ...example.headers },
      ...(example.body !== undefined && {
        body: typeof example.body === "string" ? example.body : JSON.stringify(example.body),
      }),
    },
  ];
}
