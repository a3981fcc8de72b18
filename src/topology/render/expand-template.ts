/** The text that a group of an expression matched, by its number or its name; `undefined` for none of that name. */
export type MatchedGroup = (group: number | string) => string | undefined;

const nameCharacter = /[\p{L}\p{Nd}_]/u;

/**
 * Puts the groups of a match into a template, as Go's `Regexp.Expand` does: `$1`, `${1}`, `$name`, `${name}`, and `$$` for
 * a dollar. A name is as long as it can be (`$1x` is the group `1x`), an unknown group is empty, and a dollar that begins
 * no name stands for itself.
 */
export function expandTemplate(template: string, matched: MatchedGroup): string {
  let expanded = "";
  let rest = template;
  for (;;) {
    const dollar = rest.indexOf("$");
    if (dollar < 0) return expanded + rest;
    expanded += rest.slice(0, dollar);
    rest = rest.slice(dollar + 1);
    if (rest.startsWith("$")) {
      expanded += "$";
      rest = rest.slice(1);
      continue;
    }
    const name = nameAtStart(rest);
    if (name === undefined) {
      expanded += "$";
      continue;
    }
    expanded += matched(groupOf(name.name)) ?? "";
    rest = rest.slice(name.length);
  }
}

function nameAtStart(text: string): { readonly name: string; readonly length: number } | undefined {
  const braces = text.startsWith("{");
  let name = "";
  for (const character of braces ? text.slice(1) : text) {
    if (!nameCharacter.test(character)) break;
    name += character;
  }
  if (name === "") return undefined;
  if (!braces) return { name, length: name.length };
  return text[name.length + 1] === "}" ? { name, length: name.length + 2 } : undefined;
}

/** A number without leading zeros is a group's number; anything else, one with ten digits too, is a name. */
function groupOf(name: string): number | string {
  return /^(?:0|[1-9]\d{0,8})$/.test(name) ? Number(name) : name;
}
