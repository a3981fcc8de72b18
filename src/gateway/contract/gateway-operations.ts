import { Liveness, Readiness } from "../../schema/api-cluster.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { None } from "./parameters.ts";

export const getHealth = defineOperation({
  id: "getHealth",
  method: "get",
  path: "/healthz",
  tag: "gateway",
  scope: "public",
  summary: "Say that the gateway runs",
  params: None,
  query: None,
  body: undefined,
  result: { status: 200, json: Liveness, what: "It runs" },
  example: {},
});

export const getReadiness = defineOperation({
  id: "getReadiness",
  method: "get",
  path: "/readyz",
  tag: "gateway",
  scope: "public",
  summary: "Say whether the gateway can take jobs, and what stands in the way of each cluster",
  description:
    "503 while the store does not answer. A cluster that does not answer is told here, and does not make the gateway " +
    "unready: it takes jobs for it all the same. The clusters are named to callers with a token alone.",
  params: None,
  query: None,
  body: undefined,
  result: { status: 200, json: Readiness, what: "It can" },
  also: { 503: "It cannot: the store does not answer" },
  example: {},
});

export const getMetrics = textOperation(
  "getMetrics",
  "/metrics",
  "viewer",
  "Read the gateway's numbers, in Prometheus' text format",
  "text/plain",
);
export const getOpenApi = textOperation(
  "getOpenApi",
  "/openapi.json",
  "public",
  "Read this interface's description, as OpenAPI 3.1",
  "application/json",
);
export const getDocs = textOperation("getDocs", "/docs", "public", "Read this interface's reference", "text/html");
export const getErrors = textOperation(
  "getErrors",
  "/docs/errors.md",
  "public",
  "Read what each error code means",
  "text/markdown",
);

function textOperation(id: string, path: `/${string}`, scope: Operation["scope"], summary: string, media: string) {
  return defineOperation({
    id,
    method: "get",
    path,
    tag: "gateway",
    scope,
    summary,
    params: None,
    query: None,
    body: undefined,
    result: { status: 200, media: [media], what: "The text" },
    example: {},
  });
}
