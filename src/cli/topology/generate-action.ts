import { engineKinds } from "../../topology/engines/registry.ts";
import { providerKinds } from "../../topology/providers/registry.ts";
import { readRequest } from "../../topology/request/read-request.ts";
import { requestId } from "../../topology/request/request-id.ts";
import { checkNames } from "../../topology/request/request-defaults.ts";
import type { TopologyRequest } from "../../topology/request/topology-request.ts";
import { runTopology } from "../../topology/service/run-topology.ts";
import type { Context } from "../command.ts";
import type { GenerateOptions } from "./generate.ts";
import { readInput } from "../read-input.ts";
import { tellWritten, writeResult } from "./output-file.ts";
import { credentialsOf, hostOf, invalid, nodesOf, paramsOf, providerParams } from "./provider-request.ts";
import { withPatience } from "./with-patience.ts";

/** `sluice topology generate`: one attempt, here and now. */
export async function generate(context: Context, options: GenerateOptions): Promise<void> {
  const request = await requestOf(context, options);
  checkNames(request, { providers: providerKinds.kinds, engines: engineKinds.kinds });
  const quiet = options.quiet === true || options.json === true;
  const host = await hostOf(context, quiet);
  const began = performance.now();
  const deps = { host, providers: providerKinds, engines: engineKinds };
  const work = () => runTopology(request, deps, context.signal);
  const { body } = await (quiet ? work() : withPatience(context, request.provider.name, work));
  const seconds = Math.round(performance.now() - began) / 1000;
  if (options.output !== undefined || options.json !== true) await writeResult(context, options.output, body);
  if (options.output !== undefined && !quiet) tellWritten(context, options.output);
  if (options.json === true) {
    const { provider, engine } = request;
    const answer = { id: requestId(request), provider: provider.name, engine: engine.name, seconds, output: body };
    context.io.out(`${JSON.stringify(answer, undefined, 2)}\n`);
  } else if (options.output === undefined && body !== "" && !body.endsWith("\n") && context.io.isTTY) {
    // A prompt stands on a line of its own; files and pipes get the output byte for byte.
    context.io.out("\n");
  }
}

/** What a request may say itself. */
const requestOptions = [
  ["provider", "--provider"],
  ["model", "--model"],
  ["param", "--param"],
  ["params", "--params"],
  ["engineParam", "--engine-param"],
  ["engineParams", "--engine-params"],
  ["plugin", "--plugin"],
  ["blockSizes", "--block-sizes"],
] as const satisfies readonly (readonly [keyof GenerateOptions, string])[];

async function requestOf(context: Context, options: GenerateOptions): Promise<TopologyRequest> {
  const [creds, nodes] = [await credentialsOf(context, options.credentials), await nodesOf(context, options)];
  if (options.request === undefined) {
    if (options.provider === undefined) {
      throw invalid("--provider", `say where the topology comes from; known: ${providerKinds.kinds.join(", ")}`);
    }
    return {
      provider: {
        name: providerKinds.get(options.provider).kind,
        creds,
        params: orAbsent(providerParams(context, options)),
      },
      engine: { name: engineKinds.get(options.engine).kind, params: orAbsent(engineParams(options)) },
      nodes,
    };
  }
  for (const [key, option] of requestOptions) {
    if (options[key] !== undefined) throw invalid(option, "cannot stand beside --request, which says it");
  }
  const request = readRequest(await readInput(context, options.request));
  return {
    ...request,
    provider: { ...request.provider, creds: creds ?? request.provider.creds },
    nodes: nodes ?? request.nodes,
  };
}

function engineParams(options: GenerateOptions): ReturnType<typeof paramsOf> {
  const params = paramsOf("--engine-param", options.engineParams, options.engineParam);
  if (options.plugin !== undefined) params.set("plugin", options.plugin);
  if (options.blockSizes !== undefined) params.set("blockSizes", options.blockSizes.split(","));
  return params;
}

/** No parameters and an empty object of them are two requests with two ids; the former is what people mean. */
function orAbsent<T extends { readonly size: number }>(params: T): T | undefined {
  return params.size === 0 ? undefined : params;
}
