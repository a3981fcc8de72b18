import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { rolldown, type Plugin } from "rolldown";
import { root } from "./step.ts";

const src = join(root, "src");

/** Files that are run or imported by their name, at their place below `src/`. */
const entries = ["cli/main", "client/client", "clusters/process/supervisor"] as const;

/** Loaded from node_modules where it is needed at all: PostgreSQL's driver, which looks for parts of itself at run time. */
const external = ["pg"];

/**
 * A module that was put together with others asks for its own place, to find files beside it. Chunks stand at the root, so
 * from there it is told where it would stand by itself.
 */
const ownPlaces: Plugin = {
  name: "own-places",
  transform(code, id) {
    const place = relative(src, id);
    if (place.startsWith("..") || !code.includes("import.meta.url")) return null;
    const own = `new URL(${JSON.stringify(`./${place.replace(/\.ts$/, ".js")}`)}, import.meta.url).href`;
    return { code: code.replaceAll("import.meta.url", own), map: null };
  },
};

/**
 * Puts the program and the packages that it uses together in few files: to find and load 700 small ones takes Node longer
 * than most commands take. What a command imports lazily stays apart. The licences of the packages are put beside them.
 */
export async function bundle(folder: string): Promise<readonly string[]> {
  const input = Object.fromEntries(entries.map((entry) => [entry, join(src, `${entry}.ts`)]));
  const transform = { target: `node${oldestNode()}` };
  const built = await rolldown({ input, external, platform: "node", transform, plugins: [ownPlaces], cwd: root });
  try {
    const { output } = await built.write({
      dir: folder,
      format: "esm",
      sourcemap: true,
      entryFileNames: "[name].js",
      chunkFileNames: "[name]-[hash].js",
    });
    const packages = new Set(
      output.flatMap((file) => (file.type === "chunk" ? file.moduleIds.flatMap((id) => packageOf(id) ?? []) : [])),
    );
    const names = [...packages].sort();
    await writeFile(join(folder, "LICENSES.txt"), names.map(licenceOf).join("\n"));
    return names;
  } finally {
    await built.close();
  }
}

/** The version of Node that the program needs at least. What it does not know, such as `await using`, is written in older words. */
export function oldestNode(): string {
  const { engines }: { engines?: { node?: string } } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const [, version] = /^>=(\d+\.\d+)$/.exec(engines?.node ?? "") ?? [];
  if (version === undefined) throw new Error("package.json says under engines.node no oldest version, as >=22.18");
  return version;
}

function packageOf(moduleId: string): string | undefined {
  return /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(moduleId)?.[1];
}

/** Throws for a package without a licence, which could not be passed on. */
function licenceOf(name: string): string {
  const folder = join(root, "node_modules", name);
  const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
  if (file === undefined) throw new Error(`the package ${name} has no file with its licence`);
  return `${name}\n${"=".repeat(name.length)}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
}
