// Writes the files that are derived from the code, the pages of the reference and the JSON Schema of sluice.yaml. `npm run docs` writes
// them, and a test fails where they differ from what this file would write.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { derivedPages } from "./derived-pages.ts";
import { root, say } from "./step.ts";

for (const [path, text] of derivedPages()) {
  writeFileSync(join(root, path), text);
  say(`wrote ${path}`);
}
