import { readConfig } from "../config.ts";
import type { OwnOptions } from "./define/own-options.ts";
import type { TaskDefinition } from "./define/task-definition.ts";
import { tell } from "./observers/observer.ts";
import type { PipelineDeps } from "./pipeline.ts";
import type { ShippedCode } from "./shipping/shipped-code.ts";

/** Code of a job that is never executed. */
const notShipped: ShippedCode = {
  packaging: "bundle",
  entry: "/mock/not-bundled.mjs",
  sha256: "0".repeat(64),
  runtime: { kind: "system", oldest: "22.18", otherwise: [] },
};

/** Brings the code of a task to its cluster, as `shipTask`, and tells observers. */
export async function packageTask(
  { backend, options, observers }: PipelineDeps,
  definition: TaskDefinition,
  { packaging, node }: OwnOptions,
  signal: AbortSignal | undefined,
): Promise<ShippedCode> {
  if (backend.runsNothing === true) return notShipped;
  const { shipTask } = await import("./shipping/ship.ts");
  const began = Date.now();
  tell(observers(), "onPackagingStart", { task: definition.id, at: began });
  const end = (failure: { readonly error?: unknown }): void => {
    const at = Date.now();
    tell(observers(), "onPackagingEnd", { task: definition.id, at, durationMs: at - began, ...failure });
  };
  const inherited = options.inherit;
  try {
    const code = await shipTask(definition, { backend, packaging, node, inherited, home: readConfig().home, signal });
    end({});
    return code;
  } catch (error) {
    end({ error });
    throw error;
  }
}
