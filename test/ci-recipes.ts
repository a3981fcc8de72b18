import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import { z } from "zod";
import { findPython } from "../scripts/find-python.ts";
import { root } from "../scripts/step.ts";
import { virtualEnvironment } from "../scripts/virtual-environment.ts";
import { run, type Ended } from "./sluice.ts";

const execute = promisify(execFile);

/** After so long a command is ended, so that it is told which it was; each takes seconds. */
export const commandSeconds = 120;

/** What a CI system is told to run, each entry in a shell of its own. */
export interface Recipe {
  readonly commands: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
}

const GithubStep = z.strictObject({
  // Others would have to be looked at before they are recommended.
  uses: z.enum(["actions/checkout@v4", "actions/setup-node@v4", "actions/setup-python@v5"]).optional(),
  with: z.record(z.string(), z.unknown()).optional(),
  if: z.literal("always()").optional(),
  run: z.string().optional(),
});
const Variables = z.record(z.string(), z.string()).default({});
const GithubWorkflow = z.strictObject({
  name: z.string(),
  on: z.union([
    z.array(z.enum(["push", "pull_request"])),
    z.strictObject({
      workflow_call: z.strictObject({ inputs: z.record(z.string(), z.object({ default: z.string() })) }),
    }),
  ]),
  jobs: z.strictObject({
    slurm: z.union([
      z.strictObject({
        "runs-on": z.string(),
        "timeout-minutes": z.int(),
        env: Variables,
        steps: z.array(GithubStep),
      }),
      z.strictObject({ uses: z.string(), with: z.record(z.string(), z.string()) }),
    ]),
  }),
});
const GitlabPipeline = z.strictObject({
  "slurm-tests": z.strictObject({ image: z.string(), timeout: z.string(), script: z.array(z.string()) }),
});

/**
 * The workflows of a page that run something, each with the heading that it stands below; those that run the same are one.
 * Throws for a workflow of another shape.
 */
export async function recipesOf(page: string): Promise<[titles: string, recipe: Recipe][]> {
  const text = await readFile(join(root, page), "utf8");
  let title = "";
  const found = new Map<string, { readonly titles: string[]; readonly recipe: Recipe }>();
  for (const [, heading, block] of text.matchAll(/^## (.+)$|^```yaml\n([\s\S]*?)^```$/gm)) {
    title = heading ?? title;
    const recipe = block === undefined ? undefined : readRecipe(parse(block));
    if (recipe === undefined) continue;
    const same = found.get(JSON.stringify(recipe));
    if (same === undefined) found.set(JSON.stringify(recipe), { titles: [title], recipe });
    else same.titles.push(title);
  }
  return [...found.values()].map(({ titles, recipe }) => [titles.join("; "), recipe]);
}

function readRecipe(document: unknown): Recipe | undefined {
  const pipeline = GitlabPipeline.safeParse(document).data;
  // GitLab runs all lines of a script in one shell, and ends at the first that fails.
  if (pipeline !== undefined) {
    const { script } = pipeline["slurm-tests"];
    const [system, own] = [script.filter(isOfTheSystem), script.filter((line) => !isOfTheSystem(line))];
    return { commands: [...system, own.join("\n")], variables: {} };
  }
  const { on, jobs } = GithubWorkflow.parse(document);
  if ("uses" in jobs.slurm) return undefined;
  const inputs = Array.isArray(on) ? {} : on.workflow_call.inputs;
  const fill = (line: string): string =>
    line.replaceAll(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_, name: string) => inputs[name]?.default ?? "");
  const commands = jobs.slurm.steps.flatMap(({ run: line }) => (line === undefined ? [] : [fill(line)]));
  return { commands, variables: jobs.slurm.env };
}

function isOfTheSystem(line: string): boolean {
  return /^(sudo )?apt-get /.test(line);
}

/**
 * Runs a recipe in a project of its own, made by `sluice init` where the packed package is installed, and gives the command
 * that failed, if one did. What a recipe would install into the machine is looked for there instead.
 */
export async function runRecipe(
  { commands, variables }: Recipe,
  { folder, modules }: { readonly folder: string; readonly modules: string },
): Promise<(Ended & { readonly command: string }) | undefined> {
  const work = await mkdtemp(join(folder, "recipe-"));
  for (const file of ["package.json", "package-lock.json"]) await cp(join(modules, "..", file), join(work, file));
  await execute("cp", ["-al", modules, join(work, "node_modules")]);
  const usesPython = commands.some((line) => line.includes("pytest"));
  const python = usesPython ? await pythonOf(work) : [];
  const env = {
    ...inherited(),
    ...variables,
    PATH: [...python, join(work, "node_modules", ".bin"), process.env["PATH"]].join(delimiter),
    // Whoever made the folder destroys what a recipe that fails may leave.
    SLUICE_HOME: join(folder, "home"),
    // All that is needed is there; nothing is asked of a registry.
    PIP_NO_INDEX: "1",
    PIP_NO_BUILD_ISOLATION: "0",
    npm_config_prefer_offline: "true",
    npm_config_audit: "false",
  };
  const init = `sluice init --ci=none --template=${usesPython ? "python" : "ts"}`;
  const nothingLeft = '[ "$(sluice cluster list --json)" = "[]" ]';
  for (const command of [init, ...commands.map(asLookedFor), nothingLeft]) {
    const ended = await run(["timeout", String(commandSeconds), "bash", "-e", "-c", command], { cwd: work, env });
    if (ended.exitCode !== 0) return { command, ...ended };
  }
  return undefined;
}

/** Packages that a command would install by apt are to be here: `npm test` has installed them. */
function asLookedFor(command: string): string {
  if (!isOfTheSystem(command)) return command;
  const [, names] = /install -y --no-install-recommends ([a-z0-9 -]+)$/.exec(command) ?? [];
  return names === undefined
    ? "true"
    : `dpkg-query -W -f '\${db:Status-Status}\\n' ${names} | { ! grep -vx installed; }`;
}

/** A virtual environment of the project's own, which has what that of the tests has: pytest, pip and what builds the plugin. */
async function pythonOf(work: string): Promise<readonly string[]> {
  const shared = await virtualEnvironment("pytest", join(root, "python", "requirements-test.txt"));
  const site = async (programs: string): Promise<string> => {
    const ask = "import sysconfig; print(sysconfig.get_path('purelib'))";
    return (await execute(join(programs, "python"), ["-c", ask])).stdout.trim();
  };
  const folder = join(work, ".venv");
  await mkdir(folder);
  await execute((await findPython()) ?? "python3", ["-m", "venv", "--without-pip", folder]);
  const programs = join(folder, "bin");
  await writeFile(join(await site(programs), "shared.pth"), `${await site(shared)}\n`);
  return [programs];
}

/** The variables of whoever runs the tests, npm's settings among them, without those of this run. */
function inherited(): Record<string, string> {
  const entries = Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return Object.fromEntries(
    entries.filter(([name = ""]) => !/^(VITEST|NODE_|TEST$|SLU(ICE|RM)_|PIP_|npm_(?!config))/.test(name)),
  );
}
