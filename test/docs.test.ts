import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { derivedPages } from "../scripts/derived-pages.ts";
import { errorCodes } from "../src/error-codes.ts";
import { fakeGateway } from "./fake-gateway.ts";
import { readSluiceYaml } from "../src/clusters/read-sluice-yaml.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");

test.each(derivedPages())("%s says what the code says; `npm run docs` writes it", (path, text) => {
  expect(read(path)).toBe(text);
});

const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "python/README.md",
  "examples/sweep/README.md",
  ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`),
];

test.each(pages.filter((path) => path.endsWith(".md")))("%s links to files and headings that exist", (path) => {
  const broken = [...read(path).matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(#[^)\s]*)?\)/g)].filter(
    ([, target = "", anchor]) => {
      const file = target === "" ? path : join(dirname(path), target);
      if (!existsSync(join(root, file))) return true;
      return anchor !== undefined && !anchorsOf(read(file)).has(anchor.slice(1));
    },
  );
  expect(broken.map(([link]) => link)).toEqual([]);
});

test("error codes that the pages name exist, and so do npm scripts", () => {
  const codes = new Set([...read("docs/errors.md").matchAll(/^## ([A-Z_]+)$/gm)].map(([, code]) => code));
  const manifest: { scripts: Record<string, string> } = JSON.parse(read("package.json"));
  for (const path of pages) {
    for (const [, code] of read(path).matchAll(/\[([A-Z]+(?:_[A-Z]+)+)\]/g))
      expect(codes, `${path}: ${code}`).toContain(code);
    for (const [, script = ""] of read(path).matchAll(/npm run ([a-z:]+)/g)) {
      expect(Object.keys(manifest.scripts), `${path}: ${script}`).toContain(script);
    }
  }
});

test("what docs/security.md promises is held by tests that exist, and its settings are accepted", () => {
  const page = read("docs/security.md");
  const promises = [...page.matchAll(/^\| (?!promise|door|---)[^|]+ \| (`(?:src|test)\/.*) \|$/gm)];
  expect(promises.length).toBeGreaterThan(10);
  const files = promises.flatMap(([, cell = ""]) => cell.split(", "));
  const isThere = (file: string): boolean =>
    /^`[\w./-]+\.test\.ts`$/.test(file) && existsSync(join(root, file.slice(1, -1)));
  expect(files.filter((file) => !isThere(file))).toEqual([]);
  const [, settings = ""] = /```yaml\n([^]*?)```/.exec(page) ?? [];
  expect(Object.keys(readSluiceYaml(settings, "docs/security.md").owners ?? {})).toContain("*");
});

/** Headings as GitHub names them. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

test("docs/operations.md has every metric of /metrics, and none that is not there", async () => {
  const text = await (await fakeGateway().request("/metrics")).text();
  const told = [...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name);
  const written = [...read("docs/operations.md").matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(new Set(written)).toEqual(new Set(told));
  const alerts = [...read("docs/operations.md").matchAll(/expr: (.*)/g)].join(" ");
  expect([...alerts.matchAll(/sluice_\w+/g)].map(([name]) => name).filter((name) => !told.includes(name))).toEqual([]);
});

test("docs/operations.md says of every error code whose it is", () => {
  const text = read("docs/operations.md");
  expect(Object.keys(errorCodes).filter((code) => !text.includes(`\`${code}\``))).toEqual([]);
});
