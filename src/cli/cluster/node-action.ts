import { SluiceError } from "../../errors.ts";
import { nodeActions } from "../../launcher/driver.ts";
import { actOnNode } from "../../launcher/nodes.ts";
import type { Context } from "../command.ts";
import { nameOf, openLauncher, print, progressOf } from "./launcher.ts";
import type { NodeOptions } from "./node.ts";

export async function node(context: Context, name: string, word: string, options: NodeOptions): Promise<void> {
  const action = nodeActions.find((known) => known === word);
  if (action === undefined) {
    throw new SluiceError("INPUT_INVALID", `unknown action "${word}"; choose one of ${nodeActions.join(", ")}`, {
      details: { field: "action" },
    });
  }
  const deps = await openLauncher(context, options);
  const cluster = await nameOf(context, options.name);
  await actOnNode(deps, {
    ...progressOf(context, options),
    name: cluster,
    node: name,
    action,
    reason: options.reason,
  });
  print(context, options.json, { cluster, node: name, action }, `${name}: ${action} done.\n`);
}
