import { modelFile } from "../../topology/model-files.ts";
import type { Context } from "../command.ts";

/** The name of a model as providers take it. Throws `FILE_UNREADABLE` where there is none. */
export function modelName(context: Context, model: string): string {
  return modelFile(model, context.cwd) ?? model;
}
