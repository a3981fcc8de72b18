import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const src = join(root, "src");

/**
 * The house, from the ground up: a room holds the files that match, first match wins, and imports only from the rooms
 * named. `docs/architecture.md` draws it.
 */
const rooms = [
  {
    name: "ground",
    holds: /^((task-)?error-codes|errors|config|environment|registry)\.ts$|^schema\//,
    imports: ["ground"],
  },
  {
    name: "languages",
    holds:
      /^slurm\/|^topology\/(topology-error|without-secrets)\.ts$|^topology\/(graph|names|params|render|read|check|models|infiniband|request)\//,
    imports: ["ground", "languages"],
  },
  // With the ports stand the few small tools that a capability and its adapters both use.
  {
    name: "ports",
    holds:
      /^jobs\/(cluster|runner|clock|store|in-parallel)\.ts$|^launcher\/(driver|cluster-yaml|folders|lock|settle-all|wait-for)\.ts$|^doctor\/(host|probe|programs|remedies|report)\.ts$|^topology\/(provider|engine|kubernetes-(api|nodes)|topology-(host|metrics|store)|retrying-fetch)\.ts$/,
    imports: ["ground", "languages", "ports"],
  },
  {
    name: "registries",
    holds: /^(clusters|store)\/registry\.ts$|^doctor\/probes\.ts$|^topology\/(providers|engines)\/registry\.ts$/,
    imports: ["ground", "ports", "adapters"],
  },
  {
    name: "adapters",
    holds:
      /^(clusters|remote|store)\/|^launcher\/drivers\/|^doctor\/(hosts|probes)\/|^topology\/(providers|engines|kubernetes)\//,
    imports: ["ground", "languages", "ports", "adapters"],
  },
  {
    name: "capabilities",
    holds: /^(jobs|launcher|doctor|topology)\//,
    imports: ["ground", "languages", "ports", "capabilities"],
  },
  {
    name: "assembly",
    holds: /^assemble(-[a-z]+)*\.ts$/,
    imports: ["ground", "languages", "ports", "adapters", "registries", "capabilities", "assembly"],
  },
  {
    name: "doors",
    holds: /^(cli|gateway|client|sdk|testing)\//,
    imports: ["ground", "languages", "ports", "adapters", "registries", "capabilities", "assembly", "doors"],
  },
] as const satisfies readonly { name: string; holds: RegExp; imports: readonly string[] }[];

/** Whose adapter a file is, and of which kind; a file that stands beside the kinds is shared by them. */
const adapterKinds = [
  /^(clusters)\/(?:([^/]+)\/)?/,
  /^(remote)\/(?:([^/]+)\/)?/,
  /^(store)\/(?:(?!migrations\/)([^/]+)\/)?/,
  /^(launcher\/drivers)\/(?:([^/]+)\/)?/,
  /^(doctor\/hosts)\/([^/]+)\.ts$/,
  /^(doctor\/probes)\/([^/]+)\.ts$/,
  /^(topology\/providers)\/(?:([^/.]+)\/)?/,
  /^(topology\/engines)\/(?:([^/.]+)\/)?/,
  /^(topology\/kubernetes)\/(?:([^/.]+)\/)?/,
];

const sources = filesBelow(src, ".ts").map((path) => ({
  path,
  text: readFileSync(join(src, path), "utf8"),
}));
const shipped = sources.filter(({ path }) => !/\.(test|contract|oracle)\.ts$/.test(path));

describe("the house", () => {
  test("every file stands in a room", () => {
    expect(shipped.filter(({ path }) => roomOf(path) === undefined).map(({ path }) => path)).toEqual([]);
  });

  test("imports point downwards", () => {
    const upwards = shipped.flatMap(({ path, text }) =>
      importsOf(path, text)
        .filter((target) => {
          const [from, to] = [roomOf(path), roomOf(target)];
          return from !== undefined && to !== undefined && !from.imports.some((name) => name === to.name);
        })
        .map((target) => `${path} (${roomOf(path)?.name}) → ${target} (${roomOf(target)?.name})`),
    );
    expect(upwards).toEqual([]);
  });

  test("adapters never import each other", () => {
    const crossing = shipped.flatMap(({ path, text }) =>
      importsOf(path, text)
        .filter((target) => {
          const [own, other] = [adapterOf(path), adapterOf(target)];
          if (own === undefined || other === undefined) return false;
          return own.port !== other.port || (other.kind !== undefined && other.kind !== own.kind);
        })
        .map((target) => `${path} → ${target}`),
    );
    expect(crossing).toEqual([]);
  });

  test("the environment is read in environment.ts alone", () => {
    const readers = shipped.filter(
      ({ path, text }) => path !== "environment.ts" && /\bprocess\s*\.\s*env\b/.test(text),
    );
    expect(readers.map(({ path }) => path)).toEqual([]);
  });

  test("languages are pure: no I/O, no clock, no chance", () => {
    const impure = shipped.filter(
      ({ path, text }) =>
        roomOf(path)?.name === "languages" && /from "node:(?!buffer)|Date\.now|Math\.random/.test(text),
    );
    expect(impure.map(({ path }) => path)).toEqual([]);
  });

  test("no file has more than 400 lines, and no name says nothing", () => {
    const all = ["src", "test", "scripts", "bench"].flatMap((folder) =>
      filesBelow(join(root, folder), ".ts").map((path) => join(folder, path)),
    );
    const long = all.filter((path) => readFileSync(join(root, path), "utf8").split("\n").length > 401);
    expect(long).toEqual([]);
    expect(all.filter((path) => /(^|\/)(utils?|helpers?|common|misc|types|manager)\.ts$/.test(path))).toEqual([]);
  });

  test("every registry can be loaded, which it cannot with a kind that stands twice", async () => {
    const registries = shipped.filter(({ text }) => /=\s*registry(<|\()/.test(text));
    expect(registries.length).toBeGreaterThan(0);
    for (const { path } of registries) {
      const module: Record<string, unknown> = await import(join(src, path));
      const found = Object.values(module).filter(
        (value): value is { kinds: readonly string[] } =>
          typeof value === "object" && value !== null && "kinds" in value,
      );
      for (const { kinds } of found) expect([...new Set(kinds)]).toEqual(kinds);
    }
  });
});

function filesBelow(folder: string, extension: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(extension))
    .map((path) => path.split(sep).join("/"))
    .sort();
}

function roomOf(path: string): (typeof rooms)[number] | undefined {
  return rooms.find(({ holds }) => holds.test(path));
}

function adapterOf(path: string): { readonly port: string; readonly kind: string | undefined } | undefined {
  if (roomOf(path)?.name !== "adapters") return undefined;
  const [, port, kind] = adapterKinds.map((pattern) => pattern.exec(path)).find((match) => match !== null) ?? [];
  return port === undefined ? undefined : { port, kind };
}

/** Relative imports of a file, lazy ones and those of types included, as paths below src/. */
function importsOf(path: string, text: string): string[] {
  const found = text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)"(\.{1,2}\/[^"]+)"/g);
  return [...found].flatMap(([, target]) =>
    target === undefined
      ? []
      : [
          relative(src, join(src, dirname(path), target))
            .split(sep)
            .join("/"),
        ],
  );
}
