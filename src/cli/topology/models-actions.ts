import { topologiesIn } from "../../topology/load-topology.ts";
import { builtInModels, readModelFile } from "../../topology/model-files.ts";
import { syntheticModel } from "../../topology/models/synthetic-model.ts";
import { fabricOf } from "../../topology/picture/fabric.ts";
import type { Context } from "../command.ts";
import { SluiceError } from "../../errors.ts";
import { table } from "../table.ts";
import { modelName } from "./model-name.ts";
import type { MakeOptions } from "./models.ts";
import { tellWritten, writeResult } from "./output-file.ts";

/** `sluice topology models list`. */
export async function listModels(
  context: Context,
  options: { readonly headers: boolean; readonly json?: boolean },
): Promise<void> {
  const models = await Promise.all(
    builtInModels().map(async (name) => {
      const [topology] = await topologiesIn(await readModelFile(name, context.signal), name);
      const { nodeCount, layout, tiers, domains } = fabricOf(topology?.graph ?? {});
      return { name, nodes: nodeCount, switches: layout.switches.length, tiers, domains: domains.length };
    }),
  );
  if (options.json === true) {
    context.io.out(`${JSON.stringify(models, undefined, 2)}\n`);
    return;
  }
  const rows = models.map(({ name, ...counts }) => [name, ...Object.values(counts).map(String)]);
  const text = table(["NAME", "NODES", "SWITCHES", "TIERS", "DOMAINS"], rows);
  context.io.out(options.headers ? text : text.slice(text.indexOf("\n") + 1));
}

/** `sluice topology models show`. */
export async function printModel(context: Context, name: string): Promise<void> {
  await writeResult(context, undefined, await modelText(context, name));
}

/** The text of a model that comes with Sluice, or of a file. Throws `FILE_UNREADABLE`. */
async function modelText(context: Context, name: string): Promise<string> {
  const model = modelName(context, name);
  try {
    return await readModelFile(model, context.signal);
  } catch (error) {
    if (context.signal.aborted) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new SluiceError("FILE_UNREADABLE", why, { cause: error });
  }
}

/** `sluice topology models make`. */
export async function makeModel(context: Context, options: MakeOptions): Promise<void> {
  const { output, ...shape } = options;
  await writeResult(context, output, syntheticModel(shape));
  if (output !== undefined) tellWritten(context, output);
}
