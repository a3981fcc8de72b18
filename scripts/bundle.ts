import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { rolldown, type Plugin } from "rolldown";
import { parseAst } from "rolldown/parseAst";
import { z } from "zod";
import { licenceOf } from "./licence-of.ts";
import { packageEntries } from "./package-entries.ts";
import { root } from "./step.ts";

const src = join(root, "src");

/**
 * Files that are run, imported or bundled by their name, at their place below `src/`: what package.json exports, and what
 * the program runs itself. They share their parts, so that a class is one and the same whichever of them it comes from.
 */
const entries = [
  ...packageEntries().map(({ source }) => relative(src, source).replace(/\.ts$/, "")),
  "cli/main",
  "clusters/process/supervisor",
  "sdk/in-job/entry",
  "sdk/shipping/job-main",
  "sdk/shipping/source-imports",
  "sdk/shipping/workflow-main",
];

/**
 * Loaded from node_modules where they are needed at all: PostgreSQL's driver and esbuild, which look for parts of themselves
 * at run time, and what the user brings, which are test runners and the clients of clouds and of Kubernetes.
 */
const external = ["pg", "esbuild", ...peers()].map((name) => new RegExp(`^${name}(/|$)`));

/** Stands in the code for the way from a file to the folder of them all, until it is known in which file the code comes to stand. */
const toRoot = "__way_to_the_root__/";

/**
 * A module that was put together with others asks for its own place, to find files beside it. It is told where it would
 * stand by itself.
 */
const ownPlaces: Plugin = {
  name: "own-places",
  transform(code, id) {
    const place = relative(src, id);
    if (place.startsWith("..") || !code.includes("import.meta.url")) return null;
    const own = `new URL(${JSON.stringify(`${toRoot}${place.replace(/\.ts$/, ".js")}`)}, import.meta.url).href`;
    const asked = placesOf(parseAst(code, { lang: "ts" }), isOwnUrl);
    return {
      code: asked.reduceRight((text, { start, end }) => text.slice(0, start) + own + text.slice(end), code),
      map: null,
    };
  },
  renderChunk(code, { fileName }) {
    if (!code.includes(toRoot)) return null;
    const depth = fileName.split("/").length - 1;
    return { code: code.replaceAll(toRoot, depth === 0 ? "./" : "../".repeat(depth)), map: null };
  },
};

const Node = z.looseObject({ type: z.string(), start: z.int(), end: z.int() });
type Node = z.infer<typeof Node>;

/** `import.meta.url` as code; text that says so is none. */
function isOwnUrl({ type, object, property }: Node): boolean {
  const name = z.looseObject({ name: z.string() }).safeParse(property).data?.name;
  return type === "MemberExpression" && Node.safeParse(object).data?.type === "MetaProperty" && name === "url";
}

/** The parts of a syntax tree that are meant, in the order of the text. */
function placesOf(tree: unknown, isMeant: (node: Node) => boolean): readonly Node[] {
  if (typeof tree !== "object" || tree === null) return [];
  const node = Node.safeParse(tree).data;
  if (node !== undefined && isMeant(node)) return [node];
  return Object.values(tree)
    .flatMap((part) => placesOf(part, isMeant))
    .sort((a, b) => a.start - b.start);
}

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
    const modules = output.flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
    const names = [...new Set(modules.flatMap((id) => packageOf(id) ?? []))].sort();
    const licences = names.map((name) =>
      licenceOf(
        name,
        modules.filter((id) => packageOf(id) === name),
      ),
    );
    await writeFile(join(folder, "LICENSES.txt"), licences.join("\n"));
    return names;
  } finally {
    await built.close();
  }
}

/** What package.json leaves to the user to install. */
function peers(): readonly string[] {
  const manifest: { peerDependencies?: Readonly<Record<string, string>> } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  );
  return Object.keys(manifest.peerDependencies ?? {});
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
