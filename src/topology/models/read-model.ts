import { deriveModel } from "./derive-model.ts";
import type { Model } from "./model.ts";
import { readWrittenModel, type WrittenModel } from "./read-written-model.ts";

/**
 * Reads a model's YAML. Throws `Error`, worded as a simulation's answer shows it after `failed to load model file: `.
 * `fileName` is what the model is called in such words.
 */
export async function readModel(text: string, fileName: string): Promise<Model> {
  return deriveModel(await parse(text, fileName));
}

async function parse(text: string, fileName: string): Promise<WrittenModel> {
  try {
    return await readWrittenModel(text);
  } catch (error) {
    throw new Error(`failed to parse ${fileName}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
