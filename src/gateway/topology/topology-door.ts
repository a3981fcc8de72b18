import { SluiceError } from "../../errors.ts";
import type { Registry } from "../../registry.ts";
import type { EngineKind } from "../../topology/engine.ts";
import type { ProviderKind } from "../../topology/provider.ts";
import { describeRequest } from "../../topology/request/describe-request.ts";
import { readRequest } from "../../topology/request/read-request.ts";
import { checkNames, withDefaults, type RequestDefaults } from "../../topology/request/request-defaults.ts";
import type { TopologyRequest } from "../../topology/request/topology-request.ts";
import { toAnswer } from "../../topology/service/attempts.ts";
import type { TopologyService } from "../../topology/service/topology-service.ts";
import { TopologyError } from "../../topology/topology-error.ts";
import type { TopologyHost } from "../../topology/topology-host.ts";
import { queryValue } from "./go-paths.ts";
import { errorAnswer, jsonAnswer, resultAnswer, shownRecord, textAnswer, type DoorAnswer } from "./topology-answers.ts";
import type { TopologyMeasures } from "./topology-measures.ts";

/** The most bytes of a body: a request with 100,000 nodes takes some 4 MB. */
export const maxBodyBytes = 32 * 1024 * 1024;

/** Requests in one page of the list, unless it is asked for fewer. */
const pageOfRequests = 100;

export interface TopologyDoorDeps {
  readonly service: TopologyService;
  readonly providers: Registry<ProviderKind>;
  readonly engines: Registry<EngineKind>;
  readonly defaults: RequestDefaults;
  readonly measures: TopologyMeasures;
  readonly log: TopologyHost["log"];
}

/** A request of HTTP, whatever brought it. */
export interface DoorCall {
  readonly method: string;
  /** What stands behind the `?`, byte by byte. */
  readonly query: string;
  /** The body, of at most `maxBodyBytes`. Throws `LIMIT_EXCEEDED` beyond, anything else where the sender broke off. */
  body(): Promise<Uint8Array>;
}

type Handler = (deps: TopologyDoorDeps, call: DoorCall, captured: string) => Promise<DoorAnswer>;

export interface TopologyRoute {
  /** For logs and numbers. */
  readonly operation: string;
  readonly path: RegExp;
  /** Whether a caller must be allowed to change something. */
  readonly changes: boolean;
  readonly handle: Handler;
}

/** The routes of a topology server, but for health and metrics, which each door has already. */
export const topologyRoutes: readonly TopologyRoute[] = [
  { operation: "generateTopology", path: /^\/v1\/generate$/, changes: true, handle: generate },
  { operation: "getTopology", path: /^\/v1\/topology$/, changes: false, handle: readResult },
  { operation: "lookUpTopology", path: /^\/v1\/lookup$/, changes: false, handle: lookup },
  { operation: "listTopologyRequests", path: /^\/v1\/requests$/, changes: false, handle: listRequests },
  {
    operation: "getTopologyRequest",
    path: /^\/v1\/requests\/([1-9]\d{0,14})$/,
    changes: false,
    handle: readOneRequest,
  },
  {
    operation: "getTopologyResult",
    path: /^\/v1\/requests\/([1-9]\d{0,14})\/result$/,
    changes: false,
    handle: readOneResult,
  },
];

async function generate(deps: TopologyDoorDeps, call: DoorCall): Promise<DoorAnswer> {
  const { service, providers } = deps;
  const request = await takeRequest(deps, call);
  if (!("provider" in request)) return request;
  try {
    const { name, params = new Map() } = request.provider;
    providers.get(name).admit?.(params);
    const { id, number } = await service.submit(request);
    return { ...textAnswer(202, id), location: `/v1/requests/${number}` };
  } catch (error) {
    return refusal(error);
  }
}

async function lookup(deps: TopologyDoorDeps, call: DoorCall): Promise<DoorAnswer> {
  const request = await takeRequest(deps, call);
  if (!("provider" in request)) return request;
  try {
    return resultAnswer(deps.service.lookup(request));
  } catch (error) {
    return refusal(error);
  }
}

async function readResult({ service }: TopologyDoorDeps, { method, query }: DoorCall): Promise<DoorAnswer> {
  if (method !== "GET") return errorAnswer(405, "invalid request method");
  const uid = queryValue(query, "uid");
  if (uid === undefined || uid === "") return errorAnswer(400, "must specify request uid");
  return resultAnswer(service.result(Buffer.from(uid, "latin1").toString("utf8")));
}

async function listRequests({ service }: TopologyDoorDeps, { method, query }: DoorCall): Promise<DoorAnswer> {
  if (method !== "GET" && method !== "HEAD") return errorAnswer(405, "invalid request method");
  const [limit, before] = [queryValue(query, "limit"), queryValue(query, "before")];
  for (const [name, text] of [
    ["limit", limit],
    ["before", before],
  ] as const) {
    if (text !== undefined && !/^[1-9]\d{0,14}$/.test(text)) return errorAnswer(400, `${name} is a number from 1`);
  }
  const records = await service.history.list({
    limit: Math.min(Number(limit ?? pageOfRequests), 1_000),
    before: before === undefined ? undefined : Number(before),
    id: queryValue(query, "uid"),
  });
  return jsonAnswer({ requests: records.map(shownRecord) });
}

async function readOneRequest(deps: TopologyDoorDeps, { method }: DoorCall, number: string): Promise<DoorAnswer> {
  if (method !== "GET" && method !== "HEAD") return errorAnswer(405, "invalid request method");
  const record = await deps.service.history.get(Number(number));
  return record === undefined ? errorAnswer(404, `request ${number} not found`) : jsonAnswer(shownRecord(record));
}

/** The request's own answer, whatever became of others of its id. */
async function readOneResult(deps: TopologyDoorDeps, { method }: DoorCall, number: string): Promise<DoorAnswer> {
  if (method !== "GET" && method !== "HEAD") return errorAnswer(405, "invalid request method");
  const { history } = deps.service;
  const record = await history.get(Number(number));
  if (record === undefined) return errorAnswer(404, `request ${number} not found`);
  const answer = await history.answer(record.number);
  if (answer !== undefined) return resultAnswer(answer);
  if (record.state === "superseded" || record.state === "lost") {
    return errorAnswer(410, record.reason ?? `request ${number} was not answered`);
  }
  if (record.state === "done" || record.state === "failed") {
    return errorAnswer(410, `the answer of request ${number} is kept no longer`);
  }
  return textAnswer(202, `request ${number} is under way`);
}

/** The request of a call, checked and with its defaults; or why there is none. */
async function takeRequest(deps: TopologyDoorDeps, call: DoorCall): Promise<TopologyRequest | DoorAnswer> {
  const { providers, engines, defaults, measures, log } = deps;
  const began = performance.now();
  const refuse = (status: number, message: string, { provider, engine } = unnamed): DoorAnswer => {
    measures.countRequest({ provider, engine, status, seconds: (performance.now() - began) / 1_000 });
    return errorAnswer(status, message);
  };
  if (call.method !== "POST") return refuse(405, "Invalid request method");
  let body: Uint8Array;
  try {
    body = await call.body();
  } catch (error) {
    if (error instanceof SluiceError && error.code === "LIMIT_EXCEEDED") return refuse(413, error.message);
    return refuse(500, "Unable to read request body");
  }
  let names = unnamed;
  try {
    const request = withDefaults(readRequest(body), defaults);
    names = { provider: request.provider.name, engine: request.engine.name };
    log("info", describeRequest(request));
    checkNames(request, { providers: providers.kinds, engines: engines.kinds });
    return request;
  } catch (error) {
    if (!(error instanceof TopologyError)) throw error;
    return refuse(error.status, error.message, names);
  }
}

const unnamed = { provider: "", engine: "" };

function refusal(error: unknown): DoorAnswer {
  if (!(error instanceof SluiceError)) throw error;
  const { status, body } = toAnswer(error);
  return errorAnswer(status, body);
}
