/** Options of commands that ask a provider, as arguments of commander's `option()`. */
export const modelOption = [
  "--model <model>",
  "the network that a simulation goes by: a model that comes with Sluice, or a file",
] as const;
export const nodesFileOption = [
  "--nodes <file>",
  "the nodes to place: lines `INSTANCE NODE [REGION]`, hostlists, or JSON as in requests",
] as const;
export const regionOption = ["--region <region>", "the region of nodes of which the file names none"] as const;
export const paramOption = ["--param <key=value>", "a parameter of the provider; may stand again", gathered] as const;
export const paramsOption = ["--params <json>", "parameters of the provider, all at once"] as const;
export const credentialsOption = ["--credentials <file>", "YAML or JSON with the provider's credentials"] as const;

/** What commander hands to the actions of these commands. */
export interface ProviderOptions {
  readonly provider?: string;
  readonly model?: string;
  readonly nodes?: string;
  readonly region?: string;
  readonly param?: readonly string[];
  readonly params?: string;
  readonly credentials?: string;
}

/** Gathers the values of an option that may stand several times. */
export function gathered(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
