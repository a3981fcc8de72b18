import { pathToFileURL } from "node:url";
import type { Bundled } from "./bundle-task.ts";
import { isTestFile } from "./framework-stub.ts";
import { ownModule } from "./own-copy.ts";

/**
 * A module that runs a task from the project's own files, by their paths: for nodes that share the file system with the machine
 * that submits. This package's files are those of the same copy.
 */
export function sourceEntry({ kind, module }: Bundled): string {
  const [main, from, sluice] =
    kind === "task"
      ? ["jobMain", "sdk/shipping/job-main", "sdk/in-job/entry"]
      : ["workflowMain", "sdk/shipping/workflow-main", "sdk/index"];
  const url = (name: string): string => JSON.stringify(pathToFileURL(ownModule(name)).href);
  return `globalThis[Symbol.for("sluice.in-job")] = true;
let own;
try {
  own = await Promise.all([import(${url("sdk/shipping/source-imports")}), import(${url(from)})]);
} catch (error) {
  const isMissing = error.code === "ERR_MODULE_NOT_FOUND";
  console.error(isMissing ? \`sluice: packaging "source" needs a file system that the nodes share with the machine that submits: \${error.message}\` : error);
  process.exit(66);
}
const [{ replaceImports }, { ${main} }] = own;
replaceImports({ sluice: ${url(sluice)} });
await ${main}(() => import(${JSON.stringify(pathToFileURL(module).href)}), ${JSON.stringify({ isTestFile: isTestFile(module) })});
`;
}
