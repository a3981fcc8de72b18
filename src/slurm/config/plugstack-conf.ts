import type { ClusterPlan } from "../../schema/cluster-plan.ts";
import { listedPath } from "./conf-value.ts";
import { header } from "./header.ts";

/** plugstack.conf (spank(7)): words divided by blanks, with no quoting, so the plugin's path has none. */
export function writePlugstackConf(cluster: string, pyxis: NonNullable<ClusterPlan["pyxis"]>): string {
  return [
    ...header(cluster, "plugstack.conf, spank(7),"),
    `required ${listedPath("plugstack.conf plugin", pyxis.plugin, /[\s#]/)}`,
    "",
  ].join("\n");
}
