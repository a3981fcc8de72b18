import { topologyHost } from "../../assemble-topology.ts";
import { SluiceError } from "../../errors.ts";
import { expandHostlist } from "../../slurm/values/hostlist.ts";
import type { ComputeInstances } from "../../topology/graph/topology-graph.ts";
import type { ParamMap, ParamValue } from "../../topology/params/param-value.ts";
import { toParamMap } from "../../topology/params/to-param-map.ts";
import { readRequest } from "../../topology/request/read-request.ts";
import type { TopologyHost } from "../../topology/topology-host.ts";
import type { Context } from "../command.ts";
import { readInput } from "../read-input.ts";
import { modelName } from "./model-name.ts";
import type { ProviderOptions } from "./options.ts";

/** What providers and engines touch of this machine; what they have to say goes to stderr. */
export async function hostOf(context: Context, quiet: boolean): Promise<TopologyHost> {
  const { environment } = await context.config();
  return topologyHost({
    environment,
    log: (level, message) => {
      if (!quiet && level !== "debug") context.io.err(`  ${level === "info" ? "" : `${level}: `}${message}\n`);
    },
  });
}

/** Parameters from `--params`, and over them those of `--param key=value`. */
export function paramsOf(
  option: string,
  json: string | undefined,
  pairs: readonly string[] = [],
): Map<string, ParamValue> {
  const params = new Map<string, ParamValue>(json === undefined ? [] : jsonParams(`${option}s`, json));
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at < 1) throw invalid(option, `${JSON.stringify(pair)} is not KEY=VALUE`);
    params.set(pair.slice(0, at), valueOf(pair.slice(at + 1), option));
  }
  return params;
}

/** What providers and engines take for a number or a truth they take as text too; only lists and objects have to be JSON. */
function valueOf(text: string, option: string): ParamValue {
  if (!/^\s*[[{]/.test(text)) return text;
  return jsonParams(option, `{"value":${text}}`).get("value") ?? null;
}

function jsonParams(option: string, json: string): ParamMap {
  try {
    return toParamMap(JSON.parse(json));
  } catch (error) {
    throw invalid(option, error instanceof Error ? error.message : String(error));
  }
}

/** Parameters of the provider; the model is one. */
export function providerParams(context: Context, options: ProviderOptions): Map<string, ParamValue> {
  const params = paramsOf("--param", options.params, options.param);
  if (options.model !== undefined) params.set("modelFileName", modelName(context, options.model));
  return params;
}

/** The credentials of a file, as Topograph's `credentialsPath` names one. */
export async function credentialsOf(context: Context, file: string | undefined): Promise<ParamMap | undefined> {
  if (file === undefined) return undefined;
  const text = (await readInput(context, file)).toString();
  const { parse } = await import("yaml");
  let creds: unknown;
  try {
    creds = parse(text, { logLevel: "error" });
    return toParamMap(creds);
  } catch (error) {
    // Neither the text nor the parser's words about it are shown: both may hold a secret.
    throw new SluiceError("CONFIG_INVALID", `${file} holds no mapping of credentials by name`, {
      cause: error instanceof TypeError ? error : undefined,
    });
  }
}

/** The instances of `--nodes`. Throws `INPUT_INVALID` with the line. */
export async function nodesOf(
  context: Context,
  { nodes: file, region: ofAll }: ProviderOptions,
): Promise<readonly ComputeInstances[] | undefined> {
  if (file === undefined) {
    if (ofAll !== undefined) throw invalid("--region", "is that of the nodes of --nodes, which names none here");
    return undefined;
  }
  const region = ofAll ?? "local";
  const bytes = await readInput(context, file);
  const text = bytes.toString();
  if (/^\s*[[{]/.test(text)) {
    const json = text.trimStart().startsWith("[") ? `{"nodes":${text}}` : text;
    return readRequest(Buffer.from(json)).nodes;
  }
  const regions = new Map<string, Map<string, string>>();
  const put = (instance: string, node: string, at: string): void => {
    const instances = regions.get(at) ?? new Map<string, string>();
    regions.set(at, instances.set(instance, node));
  };
  for (const [i, line] of text.split("\n").entries()) {
    const [first, node, at = region, ...rest] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (first === undefined || first === "") continue;
    if (rest.length > 0) throw invalid("--nodes", `${file} line ${i + 1}: more words than INSTANCE NODE REGION`);
    if (node !== undefined) put(first, node, at);
    else for (const name of expandHostlist(first)) put(name, name, at);
  }
  return [...regions].map(([name, instances]) => ({ region: name, instances }));
}

/** `INPUT_INVALID` of an option of the command line. */
export function invalid(field: string, message: string): SluiceError {
  return new SluiceError("INPUT_INVALID", `${field}: ${message}`, { details: { field } });
}
