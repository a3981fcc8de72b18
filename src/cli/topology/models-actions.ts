import { builtInModels, readModelFile } from "../../topology/model-files.ts";
import { readModel } from "../../topology/models/read-model.ts";
import { syntheticModel } from "../../topology/models/synthetic-model.ts";
import type { Context } from "../command.ts";
import { SluiceError } from "../../errors.ts";
import { table } from "../table.ts";
import { modelName } from "./input-file.ts";
import type { MakeOptions } from "./models.ts";
import { writeResult } from "./output-file.ts";

/** `sluice topology models list`. */
export async function listModels(
  context: Context,
  options: { readonly headers: boolean; readonly json?: boolean },
): Promise<void> {
  const models = await Promise.all(
    builtInModels().map(async (name) => {
      const model = await readModel(await readModelFile(name, context.signal), name);
      const nodes = [...model.nodes.values()];
      return {
        name,
        nodes: nodes.length,
        switches: model.switches.size,
        tiers: nodes.reduce((most, { tiers }) => Math.max(most, tiers.length), 0),
        domains: new Set(nodes.flatMap(({ domain }) => domain ?? [])).size,
      };
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
  try {
    return await readModelFile(modelName(context, name), context.signal);
  } catch (error) {
    if (context.signal.aborted) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new SluiceError("FILE_UNREADABLE", `${why}; models that come with Sluice: ${builtInModels().join(", ")}`, {
      cause: error,
    });
  }
}

/** `sluice topology models make`. */
export async function makeModel(context: Context, options: MakeOptions): Promise<void> {
  const { output, ...shape } = options;
  await writeResult(context, output, syntheticModel(shape));
}
