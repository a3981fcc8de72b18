import { execFile } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "sluice place ?#")));
const entry = JSON.stringify(join(import.meta.dirname, "task.ts"));
afterAll(() => rmSync(folder, { recursive: true }));

test("Node's own modules, typed or not, ESM or CommonJS, loaded anew or changed, are known by their files", async () => {
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  write("package.json", '{"type": "module"}');
  write("typed.ts", `import { task } from ${entry};\nexport const t = task({}, (x: number): number => x);\n`);
  write("plain.js", `import { task } from ${entry};\n\nexport const t = task(function plain() {});\n`);
  write("common.cjs", `const { task } = require(${entry});\nexports.t = task({ name: "common" }, () => {});\n`);
  write(
    "main.mjs",
    `import { writeFileSync } from "node:fs";
    const found = [];
    const load = async (name) => {
      const { t } = await import(new URL(encodeURIComponent(name), import.meta.url) + "?v=" + found.length);
      const { id, module, place } = t.definition;
      found.push({ id, module, line: place.call.line });
    };
    for (const name of ["typed.ts", "plain.js", "common.cjs", "typed.ts"]) await load(name);
    const typed = new URL("typed.ts", import.meta.url);
    writeFileSync(typed, \`// moved\\nimport { task } from ${entry};\\nexport const t = task({}, () => 2);\\n\`);
    await load("typed.ts");
    console.log(JSON.stringify(found));`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "main.mjs")], { cwd: "/" });
  const at = (name: string, id: string, line: number): object => ({ id, module: join(folder, name), line });
  expect(JSON.parse(stdout)).toEqual([
    at("typed.ts", "typed.ts#1", 2),
    at("plain.js", "plain.js#plain", 3),
    at("common.cjs", "common.cjs#common", 2),
    at("typed.ts", "typed.ts#1", 2),
    at("typed.ts", "typed.ts#1", 3),
  ]);
});

test("what stands in no file says what to do", async () => {
  const text = `const { task } = await import(${entry}); task(() => 1);`;
  await expect(promisify(execFile)(process.execPath, ["--input-type=module", "--eval", text])).rejects.toThrow(
    /a task is defined in .*, which is no file that can be shipped; define it in a module of its own/,
  );
});
