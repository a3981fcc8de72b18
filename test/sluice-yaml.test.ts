import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { clusterKinds } from "../src/clusters/registry.ts";
import { checkSluiceYaml } from "../src/clusters/check-sluice-yaml.ts";
import { sluiceJsonSchema, type JsonSchema } from "../src/clusters/settings-schema.ts";

const docs = fileURLToPath(new URL("../docs", import.meta.url));
const read = (name: string): string => readFileSync(join(docs, name), "utf8");

/** What the pages show of `sluice.yaml`: in blocks of YAML, and in what a shell writes to the file. */
const shown = readdirSync(docs)
  .filter((name) => name.endsWith(".md"))
  .flatMap((name) => {
    const blocks = [...read(name).matchAll(/```yaml\n([^`]*)```|cat > sluice\.yaml <<'EOF'\n(.*?)\nEOF\n/gs)];
    return blocks.map(([, block, written]) => [name, block ?? written ?? ""] as const);
  })
  .filter(([, text]) => /^clusters:/m.test(text));

describe("sluice.yaml in the docs", () => {
  test.each(shown)("an example of %s is taken: %j", (_, text) => {
    expect(checkSluiceYaml(Buffer.from(text)).problems).toEqual([]);
  });

  test("every kind of cluster has a section with an example, in docs/sluice-yaml.md", () => {
    const page = read("sluice-yaml.md");
    for (const kind of clusterKinds.kinds) {
      const section = page.split(/^## /m).find((text) => text.startsWith(`kind: ${kind}\n`));
      expect(section).toMatch(new RegExp("```yaml\n[^`]*\\bkind: " + kind + "$", "m"));
    }
  });

  test("every field says what it is for", () => {
    expect(namelessFields(sluiceJsonSchema(), "")).toEqual([]);
  });
});

function namelessFields(schema: JsonSchema, path: string): readonly string[] {
  const rest = schema.additionalProperties;
  const inner: readonly (readonly [string, JsonSchema])[] = [
    ...Object.entries(schema.properties ?? {}),
    ...(typeof rest === "object" ? [["*", rest] as const] : []),
    ...[...(schema.oneOf ?? []), ...(schema.anyOf ?? []), ...(schema.items === undefined ? [] : [schema.items])].map(
      (shape) => ["", shape] as const,
    ),
  ];
  return inner.flatMap(([name, field]) => [
    ...(!["", "*", "kind"].includes(name) && field.description === undefined ? [`${path}.${name}`] : []),
    ...namelessFields(field, `${path}.${name}`),
  ]);
}
