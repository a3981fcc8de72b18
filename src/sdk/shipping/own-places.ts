import { readFile } from "node:fs/promises";
import { dirname, relative } from "node:path";
import { pathToFileURL } from "node:url";
import type { OnLoadArgs, OnLoadResult, Plugin } from "esbuild";
import { isOwnModule } from "./own-copy.ts";

const asked = /\bimport\.meta\.(url|dirname|filename)\b|\b__(dirname|filename)\b/;

/** Expressions of where a module stands. */
interface Place {
  readonly url: string;
  readonly dirname: string;
  readonly filename: string;
  /** The same in CommonJS, where they are variables of each module. */
  readonly variables: { readonly dirname: string; readonly filename: string };
}

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

async function withOwnPlace({ path }: OnLoadArgs, installed: string | undefined): Promise<OnLoadResult | undefined> {
  const text = await readFile(path, "utf8");
  if (!asked.test(text)) return undefined;
  const below = installed === undefined || isOwnModule(path) ? undefined : relative(installed, path);
  const place = below === undefined || below.startsWith("..") ? fixedPlace(path) : placeInProject(below);
  const contents = text.replaceAll(/\bimport\.meta\.(url|dirname|filename)\b/g, (whole, name: string) =>
    name === "url" || name === "dirname" || name === "filename" ? place[name] : whole,
  );
  return { contents: `${variablesOf(text, place)}${contents}`, loader: loaderOf(path) };
}

/** On the first line, so that the lines stay what they are. A module that makes these variables itself is left to it. */
function variablesOf(text: string, { variables }: Place): string {
  if (text.startsWith("#!") || /\bimport\.meta\b|^\s*(?:import|export)\b\s*[^(\s]/m.test(text)) return "";
  return (["dirname", "filename"] as const)
    .filter((name) => new RegExp(`\\b__${name}\\b`).test(text))
    .filter((name) => !new RegExp(`\\b(?:const|let|var|function)\\s+__${name}\\b`).test(text))
    .map((name) => `var __${name} = ${variables[name]}; `)
    .join("");
}

function fixedPlace(path: string): Place {
  const [dirnameText, filename] = [JSON.stringify(dirname(path)), JSON.stringify(path)];
  return {
    url: JSON.stringify(pathToFileURL(path).href),
    dirname: dirnameText,
    filename,
    variables: { dirname: dirnameText, filename },
  };
}

/** The code itself stands in the project's folder then. */
function placeInProject(path: string): Place {
  const at = (below: string): string => `require("node:path").resolve(process.argv[1], "..", ${JSON.stringify(below)})`;
  return {
    url: `new URL(${JSON.stringify(pathToFileURL(`/${path}`).href.replace("file:///", "./"))}, import.meta.url).href`,
    dirname: `(import.meta.dirname + ${JSON.stringify(`/${dirname(path)}`)})`,
    filename: `(import.meta.dirname + ${JSON.stringify(`/${path}`)})`,
    variables: { dirname: at(dirname(path)), filename: at(path) },
  };
}

function loaderOf(path: string): "ts" | "tsx" | "jsx" | "js" {
  if (/\.[cm]?ts$/.test(path)) return "ts";
  if (path.endsWith(".tsx")) return "tsx";
  return path.endsWith(".jsx") ? "jsx" : "js";
}
