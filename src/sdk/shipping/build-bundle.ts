import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type * as Esbuild from "esbuild";
import type { BuildFailure, BuildResult, Message, OutputFile } from "esbuild";
import { SluiceError } from "../../errors.ts";
import { isTestFile } from "./framework-stub.ts";
import { nativeAddons } from "./native-addons.ts";
import { nodeBuiltins } from "./node-builtins.ts";
import { ownModule } from "./own-copy.ts";
import { ownPlaces, placeVariables } from "./own-places.ts";
import { sluiceImports } from "./sluice-imports.ts";

/** What a bundle is made from. */
export interface BundleRequest {
  /** The module that defines the task, absolute. */
  readonly module: string;
  /** The code of a workflow has all of this package within, as it submits; that of a task does not. */
  readonly kind: "task" | "workflow";
  /** The project's folder. */
  readonly project: string;
  /** The oldest Node that runs it, as `22.18`. */
  readonly target: string;
  /** Packages that are left out. */
  readonly external: readonly string[];
  /** Whether all packages are left out, and the code will stand in the installed project. */
  readonly installed: boolean;
}

export interface BuiltBundle {
  readonly bytes: Uint8Array;
  /** Absolute paths of all files that it is made from. */
  readonly inputs: readonly string[];
  /** For people: what was left out, and esbuild's warnings. */
  readonly notes: readonly string[];
}

/** Not in one piece, as what puts this package together looks for it. */
const ownUrl = ["import", "meta", "url"].join(".");

/**
 * CommonJS that was put into a module still asks for Node's own modules by `require`, which is made when it does first. That
 * this is a job is said before any other code runs.
 */
const banner = [
  "const require = ((make, made) => { const own = () => (made ??= make()); return new Proxy(() => {}, {",
  "apply: (_, self, args) => Reflect.apply(own(), self, args), has: (_, name) => name in own(),",
  "get: (_, name) => Reflect.get(own(), name), set: (_, name, value) => Reflect.set(own(), name, value) });",
  `})(() => process.getBuiltinModule("node:module").createRequire(${ownUrl}));`,
  'globalThis[Symbol.for("sluice.in-job")] = true;',
].join(" ");

/** Throws `BUNDLE_FAILED` with esbuild's words, the file, line and column. */
export async function buildBundle(request: BundleRequest): Promise<BuiltBundle> {
  const { kind, project, target, external, installed } = request;
  const esbuild = await loadEsbuild();
  const notes = new Set<string>();
  let built: BuildResult<{ metafile: true; write: false }>;
  try {
    built = await esbuild.build({
      stdin: { contents: entryOf(request), resolveDir: project, sourcefile: "sluice-entry.js", loader: "js" },
      absWorkingDir: project,
      // Nothing is written there: the places in the source map count from it.
      outfile: join(project, "sluice-code.mjs"),
      write: false,
      metafile: true,
      bundle: true,
      platform: "node",
      format: "esm",
      target: `node${target}`,
      banner: { js: banner },
      sourcemap: "inline",
      sourceRoot: pathToFileURL(`${project}/`).href,
      sourcesContent: false,
      // Ids of tasks come from names of functions.
      keepNames: true,
      // The code of a job is the main module; no module of the project is.
      define: { ...placeVariables, "import.meta.main": "false" },
      external: [...external],
      ...(installed && { packages: "external" }),
      plugins: [
        sluiceImports({ sluice: ownModule(kind === "task" ? "sdk/in-job/entry" : "sdk/index") }),
        nativeAddons((path, importer) =>
          notes.add(`the native addon ${path} of ${importer} is left out: loading it fails in the job`),
        ),
        nodeBuiltins(),
        ownPlaces(installed ? project : undefined),
      ],
      logLevel: "silent",
    });
  } catch (error) {
    if (!isBuildFailure(error)) throw error;
    throw bundleFailed(request.module, error);
  }
  for (const warning of built.warnings) notes.add(textOf(warning));
  const [output]: readonly (OutputFile | undefined)[] = built.outputFiles;
  if (output === undefined) throw new SluiceError("BUNDLE_FAILED", `esbuild made nothing of ${request.module}`);
  const inputs = Object.keys(built.metafile.inputs).filter(
    (name) => !/^(sluice-entry\.js$|sluice-[a-z-]+:|native-addon:|node-builtin:)/.test(name),
  );
  return { bytes: output.contents, inputs: inputs.map((name) => resolve(project, name)), notes: [...notes] };
}

/** The module is loaded by the main function, which can then tell how that ended. */
function entryOf({ module, kind }: BundleRequest): string {
  const [main, from] = kind === "task" ? ["jobMain", "job-main"] : ["workflowMain", "workflow-main"];
  return [
    `import { ${main} } from ${JSON.stringify(ownModule(`sdk/shipping/${from}`))};`,
    `await ${main}(() => import(${JSON.stringify(module)}), ${JSON.stringify({ isTestFile: isTestFile(module) })});`,
  ].join("\n");
}

/** The one package that is as large as all others together, where this copy has it: not to be put into a bundle itself. */
async function loadEsbuild(): Promise<typeof Esbuild> {
  try {
    const path = createRequire(import.meta.url).resolve("esbuild");
    const loaded: { default: typeof Esbuild } = await import(pathToFileURL(path).href);
    return loaded.default;
  } catch (error) {
    throw new SluiceError(
      "BUNDLE_FAILED",
      "esbuild, which puts tasks together, is not installed beside sluice; run npm install",
      {
        cause: error,
      },
    );
  }
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && "errors" in error && Array.isArray(error.errors);
}

function bundleFailed(module: string, failure: BuildFailure): SluiceError {
  const [first] = failure.errors;
  const words = failure.errors.slice(0, 5).map(textOf);
  const more = failure.errors.length > words.length ? [`and ${failure.errors.length - words.length} more`] : [];
  const { location } = first ?? {};
  return new SluiceError(
    "BUNDLE_FAILED",
    `${module} cannot be put together for the cluster: ${[...words, ...more].join("; ")}`,
    {
      cause: failure,
      details: {
        module,
        ...(location && { file: location.file, line: location.line, column: location.column + 1 }),
      },
    },
  );
}

/** `src/train.ts:3:8: Could not resolve "x"`; columns from 1, as editors count them. */
function textOf({ text, location }: Message): string {
  return location ? `${location.file}:${location.line}:${location.column + 1}: ${text}` : text;
}
