import { exportedNames, type Exported, type Member } from "./exported-names.ts";
import { packageEntries } from "./package-entries.ts";

const kinds: Readonly<Record<Exported["kind"], string>> = {
  class: "class",
  interface: "interface",
  type: "type",
  function: "function",
  constant: "constant",
};

/** The blocks of `docs/sdk-reference.md`: what each entry of the package exports, with its TSDoc. */
export function sdkReferenceBlocks(): readonly string[] {
  const told = new Map<string, string>();
  return [
    "# SDK reference",
    "Derived from the TSDoc in `src/` by `npm run docs`; do not edit. How it all goes together: [the SDK](sdk.md), [testing](testing.md).",
    ...packageEntries().flatMap(({ specifier, source }) => {
      const { doc, exported } = exportedNames(source);
      const blocks = exported
        .filter((one) => !/@internal\b/.test(one.doc))
        .flatMap((one) => exportBlocks(one, specifier, told));
      return [`## ${specifier}`, ...(doc === "" ? [] : [doc]), ...blocks];
    }),
  ];
}

function exportBlocks(one: Exported, specifier: string, told: Map<string, string>): string[] {
  const before = told.get(one.place);
  if (before !== undefined) return [`**\`${one.name}\`**: as in \`${before}\`.`];
  told.set(one.place, specifier);
  // What zod makes of a schema is of no help; the shapes of the HTTP interface have a page.
  const isShape = /\bz\.(?:infer|input|output)</.test(one.signature);
  const where = isShape ? "As in the [HTTP interface](api.md#what-comes-back)." : "";
  return [
    `### ${one.name}`,
    [isShape ? "type" : kinds[one.kind], withTags(one.doc), where].filter((text) => text !== "").join(" · "),
    ...(isShape ? [] : [["```ts", one.signature, "```"].join("\n")]),
    ...(one.members.length === 0 ? [] : [one.members.map(memberItem).join("\n")]),
  ];
}

function memberItem({ signature, doc }: Member): string {
  const code = signature.includes("`") ? `\`\` ${signature} \`\`` : `\`${signature}\``;
  return `- ${code}${doc === "" ? "" : `: ${withTags(doc)}`}`.replace(/\n(?=.)/g, "\n  ");
}

/** Tags of TSDoc as sentences. */
function withTags(doc: string): string {
  return doc
    .replace(/^@param (\S+)(?: -)? /gm, "`$1`: ")
    .replace(/^@returns /gm, "Returns ")
    .replace(/^@throws /gm, "Throws ")
    .replace(/^@example\s*/gm, "");
}
