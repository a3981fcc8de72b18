import type { RE2JS } from "re2js";
import { quoteGo } from "../names/quote-go.ts";
import { TopologyError } from "../topology-error.ts";
import { expandTemplate } from "./expand-template.ts";
import { blockPlugin, type BlockNameRule } from "./render-config.ts";
import type { Block } from "./split-blocks.ts";

/** Names blocks: each gets the id that it is to be written with. Throws `TopologyError` (400). */
export type NameBlocks = (blocks: readonly Block[]) => readonly Block[];

/**
 * Compiles a rule; without one, blocks keep their ids. `where` stands before every message. The expression engine is loaded
 * with the first rule: most topologies have none. Throws `TopologyError` (400).
 */
export async function compileBlockNames(rule: BlockNameRule | undefined, where = ""): Promise<NameBlocks> {
  if (rule === undefined) return (blocks) => blocks;
  if (rule.nodeNameRegexp === "") throw refused(`${where}blockName.nodeNameRegexp must not be empty`);
  if (rule.format === "") throw refused(`${where}blockName.format must not be empty`);
  const expression = await compileExpression(rule.nodeNameRegexp, where);
  return (blocks) => nameBlocks(blocks, rule, expression, where);
}

/** Throws `TopologyError` (400) for a rule beside a plugin that writes no blocks. */
export function refuseBlockName(plugin: string, rule: BlockNameRule | undefined, where = ""): void {
  if (rule === undefined || plugin === blockPlugin) return;
  throw refused(`${where}blockName is only supported with plugin ${quoteGo(blockPlugin)}`);
}

async function compileExpression(pattern: string, where: string): Promise<RE2JS> {
  const { RE2JS: compiler, RE2JSSyntaxException: syntaxError } = await import("re2js");
  try {
    return compiler.compile(pattern);
  } catch (error) {
    if (!(error instanceof syntaxError)) throw error;
    const description = error.getDescription();
    // Go shows the part at fault; where the library names none, that is nothing after a backslash at the end, else the whole.
    const part = error.getPattern() ?? (description.startsWith("trailing backslash") ? "" : pattern);
    const reason = `error parsing regexp: ${description}: \`${part}\``;
    throw refused(`${where}invalid blockName.nodeNameRegexp ${quoteGo(pattern)}: ${reason}`);
  }
}

function nameBlocks(blocks: readonly Block[], rule: BlockNameRule, expression: RE2JS, where: string): readonly Block[] {
  const idOf = new Map<string, string>();
  return blocks.map((block) => {
    const name = nameOf(block, rule, expression, where);
    const taken = idOf.get(name);
    if (taken !== undefined) {
      throw refused(
        `${where}blocks ${quoteGo(taken)} and ${quoteGo(block.id)} produce duplicate block name ${quoteGo(name)}`,
      );
    }
    idOf.set(name, block.id);
    return { ...block, id: name };
  });
}

/** Empty blocks have no node that could name them. */
function nameOf(block: Block, rule: BlockNameRule, expression: RE2JS, where: string): string {
  let name: string | undefined;
  for (const node of block.nodes) {
    const matcher = expression.matcher(node);
    if (!matcher.find()) {
      const pattern = quoteGo(rule.nodeNameRegexp);
      throw refused(`${where}node ${quoteGo(node)} in ${described(block)} does not match nodeNameRegexp ${pattern}`);
    }
    const groups = expression.namedGroups();
    const nodeName = expandTemplate(rule.format, (group) => {
      const number = typeof group === "number" ? group : Object.hasOwn(groups, group) ? groups[group] : undefined;
      return number === undefined || number > matcher.groupCount() ? undefined : (matcher.group(number) ?? undefined);
    });
    if (nodeName === "") {
      const format = quoteGo(rule.format);
      throw refused(
        `${where}blockName format ${format} produces an empty name for node ${quoteGo(node)} in ${described(block)}`,
      );
    }
    name ??= nodeName;
    if (nodeName !== name) {
      const names = `${quoteGo(name)} and ${quoteGo(nodeName)}`;
      throw refused(`${where}nodes in ${described(block)} produce different block names ${names}`);
    }
  }
  return name ?? block.id;
}

function described({ id, domain }: Block): string {
  return `block ${quoteGo(id)}${domain === "" ? "" : ` (domain ${quoteGo(domain)})`}`;
}

function refused(message: string): TopologyError {
  return new TopologyError(400, message);
}
