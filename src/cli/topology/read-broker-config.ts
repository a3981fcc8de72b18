import { invalidSettings, readSettings } from "../../gateway/topology/read-settings.ts";
import { quoteGo } from "../../topology/names/quote-go.ts";
import type { ParamMap } from "../../topology/params/param-value.ts";

/** What the configuration of a broker says. */
export interface BrokerSettings {
  readonly provider: string;
  readonly params: ParamMap;
  readonly healthzPort: number;
}

/** Reads the configuration of a node-data-broker of Topograph. Throws `CONFIG_INVALID`. */
export async function readBrokerConfig(file: string): Promise<BrokerSettings> {
  const words = {
    unread: `failed to read node-data-broker config ${quoteGo(file)}: `,
    unparsed: `failed to decode node-data-broker config ${quoteGo(file)}: `,
  };
  const settings = await readSettings(file, words, (yaml) => {
    const all = yaml.members(yaml.root, "main.nodeDataBrokerConfig");
    const provider = yaml.members(all.get("provider"), "topology.Provider");
    return {
      provider: yaml.string(provider.get("name")) ?? "",
      params: yaml.params(provider.get("params")) ?? new Map(),
      healthzPort: yaml.int(all.get("healthzPort")) ?? 0,
    };
  });
  if (settings.provider === "") throw invalidSettings("must specify provider.name");
  if (settings.healthzPort <= 0) throw invalidSettings("must specify a positive healthzPort");
  return settings;
}
