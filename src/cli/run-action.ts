import { SluiceError } from "../errors.ts";
import type { Context } from "./command.ts";

export async function run(_context: Context, _args: readonly string[]): Promise<number> {
  throw new SluiceError("CAPABILITY_MISSING", "soon");
}
