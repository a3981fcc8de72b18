import { quoteGo } from "../names/quote-go.ts";
import { parseYaml, type YamlDocument, type YamlValue } from "./yaml-document.ts";

/** A model as its file says it, before anything is inherited or expanded. */
export interface WrittenModel {
  readonly switches: ReadonlyMap<string, WrittenSwitch>;
  readonly blocks: readonly WrittenBlock[];
}

export interface WrittenSwitch extends Described {
  readonly switches: readonly string[];
}

export interface WrittenBlock extends Described {
  /** Empty where the nodes hang off no switch. */
  readonly switch: string;
  /** Names, and ranges of names: `n[01-04]`. */
  readonly nodes: readonly string[];
}

export interface Described {
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
}

/** 10 MB of YAML is no model; a hundred thousand nodes with a line each are less than two. In UTF-16 units. */
const longest = 8 * 1024 * 1024;

// What Topograph's messages call the things that a model consists of.
const goModel =
  'struct { Switches map[string]*models.Switch "yaml:\\"switches\\""; Blocks []models.CapacityBlock "yaml:\\"blocks\\"" }';
const goStrings = "map[string]string";

/**
 * Reads a model's YAML. Throws `Error` for text that is no YAML or longer than 8 Mi characters, for a value of another kind than
 * it should be, for a key that stands twice and for a switch without a definition or with another name than its key.
 */
export async function readWrittenModel(text: string): Promise<WrittenModel> {
  if (text.length > longest)
    throw new Error(`yaml: ${text.length} characters are more than a model may have (${longest})`);
  const yaml = await parseYaml(text);
  const model = yaml.mapping(yaml.root, goModel);
  const faults: string[] = [];
  const switches = new Map<string, WrittenSwitch>();
  for (const [name, value] of yaml.mapping(model?.get("switches"), "map[string]*models.Switch") ?? []) {
    switches.set(name, switchOf(yaml, name, value, faults));
  }
  const blocks = (yaml.sequence(model?.get("blocks"), "[]models.CapacityBlock") ?? []).map((value) =>
    blockOf(yaml, value),
  );
  yaml.throwProblems();
  if (faults[0] !== undefined) throw new Error(faults[0]);
  return { switches, blocks };
}

/** What is wrong with the switch beyond its YAML is added to the faults. */
function switchOf(yaml: YamlDocument, name: string, value: YamlValue, faults: string[]): WrittenSwitch {
  const fields = yaml.mapping(value, "models.Switch");
  const own = yaml.text(fields?.get("name")) ?? "";
  if (yaml.isNull(value)) faults.push(`switch ${quoteGo(name)} has empty definition`);
  else if (own !== "" && own !== name) {
    faults.push(`switch key ${quoteGo(name)} does not match switch name ${quoteGo(own)}`);
  }
  return { ...describedOf(yaml, fields), switches: strings(yaml, fields?.get("switches")) };
}

function blockOf(yaml: YamlDocument, value: YamlValue): WrittenBlock {
  const fields = yaml.mapping(value, "models.CapacityBlock");
  return {
    ...describedOf(yaml, fields),
    switch: yaml.text(fields?.get("switch")) ?? "",
    nodes: strings(yaml, fields?.get("nodes")),
  };
}

function describedOf(yaml: YamlDocument, fields: ReadonlyMap<string, YamlValue> | undefined): Described {
  return {
    labels: stringMap(yaml, fields?.get("labels")),
    annotations: stringMap(yaml, fields?.get("annotations")),
  };
}

const none: ReadonlyMap<string, string> = new Map();

function stringMap(yaml: YamlDocument, value: YamlValue | undefined): ReadonlyMap<string, string> {
  const entries = yaml.mapping(value, goStrings);
  if (entries === undefined || entries.size === 0) return none;
  return new Map(Array.from(entries, ([key, item]) => [key, yaml.text(item) ?? ""]));
}

function strings(yaml: YamlDocument, value: YamlValue | undefined): readonly string[] {
  return (yaml.sequence(value, "[]string") ?? []).map((item) => yaml.text(item) ?? "");
}
