import { readFile } from "node:fs/promises";
import { dirname, relative } from "node:path";
import { pathToFileURL } from "node:url";
import type { OnLoadArgs, OnLoadResult, Plugin } from "esbuild";
import { isOwnModule } from "./own-copy.ts";

/** What a module may ask for of itself. The words are not in one piece here, as what puts this package together looks for them. */
const meta = "import.meta";
const names = ["url", "dirname", "filename"] as const;
type Name = (typeof names)[number];

const variable: Record<Name, string> = {
  url: "sluiceOwnUrl",
  dirname: "sluiceOwnDirname",
  filename: "sluiceOwnFilename",
};

/** Has esbuild read `import.meta.url` and its like as variables, which `ownPlaces` defines in each module that asks. */
export const placeVariables = Object.fromEntries(names.map((name) => [`${meta}.${name}`, variable[name]]));

/**
 * A module that asks for its own place is told where it stood: there its files are, on a machine that has the project, and
 * this package finds its own. In a project that is installed on the cluster it is told where it stands there.
 *
 * @param installed - the folder of a project that will be installed, whose modules then stand elsewhere
 */
export function ownPlaces(installed: string | undefined): Plugin {
  return {
    name: "own-places",
    setup(build) {
      build.onLoad({ filter: /\.[cm]?[jt]sx?$/, namespace: "file" }, (args) => withOwnPlace(args, installed));
    },
  };
}

/** The variables stand at the beginning of a line, so that the lines stay what they are. */
async function withOwnPlace({ path }: OnLoadArgs, installed: string | undefined): Promise<OnLoadResult | undefined> {
  const text = await readFile(path, "utf8");
  const asked = [
    ...names.filter((name) => text.includes(`${meta}.${name}`)).map((name) => [variable[name], name] as const),
    ...namesInCommonJs(text).map((name) => [`__${name}`, name] as const),
  ];
  if (asked.length === 0) return undefined;
  const below = installed === undefined || isOwnModule(path) ? undefined : relative(installed, path);
  const place = below === undefined || below.startsWith("..") ? fixedPlace(path) : placeInProject(below);
  const [hashbang = ""] = /^#!.*\n/.exec(text) ?? [];
  const variables = asked.map(([name, part]) => `var ${name} = ${place[part]}; `).join("");
  return { contents: `${hashbang}${variables}${text.slice(hashbang.length)}`, loader: loaderOf(path) };
}

/** There they are variables of each module. One that makes them itself is left to it. */
function namesInCommonJs(text: string): readonly ("dirname" | "filename")[] {
  if (!/\b__(?:dirname|filename)\b/.test(text)) return [];
  if (text.includes(meta) || /^\s*(?:import|export)\b\s*[^(\s]/m.test(text)) return [];
  return (["dirname", "filename"] as const).filter(
    (name) =>
      new RegExp(`\\b__${name}\\b`).test(text) &&
      !new RegExp(`\\b(?:const|let|var|function)\\s+__${name}\\b`).test(text),
  );
}

/** Expressions of where a module stands. */
type Place = Readonly<Record<Name, string>>;

function fixedPlace(path: string): Place {
  return {
    url: JSON.stringify(pathToFileURL(path).href),
    dirname: JSON.stringify(dirname(path)),
    filename: JSON.stringify(path),
  };
}

/** The code itself, which is what Node was started with, stands in the project's folder then. */
function placeInProject(path: string): Place {
  const at = (below: string): string =>
    `process.getBuiltinModule("node:path").resolve(process.argv[1], "..", ${JSON.stringify(below)})`;
  return {
    url: `process.getBuiltinModule("node:url").pathToFileURL(${at(path)}).href`,
    dirname: at(dirname(path)),
    filename: at(path),
  };
}

function loaderOf(path: string): "ts" | "tsx" | "jsx" | "js" {
  if (/\.[cm]?ts$/.test(path)) return "ts";
  if (path.endsWith(".tsx")) return "tsx";
  return path.endsWith(".jsx") ? "jsx" : "js";
}
