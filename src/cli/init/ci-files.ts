import { packagesOf, programs } from "../../doctor/programs.ts";
import type { ProjectFile } from "./project-files.ts";
import type { Project } from "./read-project.ts";

/** What the tests of a project run on, and how they are run. */
interface Steps {
  /** Commands that bring what the project needs, Slurm apart. */
  readonly install: readonly string[];
  readonly doctor: string;
  readonly test: string;
}

const installers = {
  npm: { install: ["npm install"], run: "npx" },
  pnpm: { install: ["corepack enable", "pnpm install"], run: "pnpm exec" },
  yarn: { install: ["corepack enable", "yarn install"], run: "yarn" },
} as const;

/** The command line that runs a program of the project's packages. */
export function runnerOf({ packageManager }: Pick<Project, "packageManager">): string {
  return installers[packageManager].run;
}

/** The command line that runs a project's tests. */
export function testCommand(project: Pick<Project, "template" | "framework" | "packageManager">): string {
  if (project.template === "python") return "python3 -m pytest --run-integration";
  const run = runnerOf(project);
  // Jest reads packages that are modules, such as this one, with that option alone.
  if (project.framework === "jest") return `NODE_OPTIONS=--experimental-vm-modules ${run} jest`;
  return project.framework === "vitest" ? `${run} vitest run` : "node --test";
}

/** The pytest plugin comes with the npm package, and so fits the program. */
export const pytestPlugin = "./node_modules/sluice/python";

/** The command that brings Slurm to a Debian or Ubuntu machine: what a test cluster needs, and munge. */
export function aptInstall(): string {
  const wanted = programs.filter(({ name, needed }) => needed || name === "munged").map(({ name }) => name);
  return `apt-get install -y --no-install-recommends ${packagesOf(wanted, "apt").join(" ")}`;
}

/** The workflow that runs a project's tests on every push, for its CI system; none where none is wanted. */
export function ciFiles(project: Project): readonly ProjectFile[] {
  if (project.ci === "none") return [];
  const steps = stepsOf(project);
  return project.ci === "github"
    ? [{ path: ".github/workflows/slurm-tests.yml", text: githubWorkflow(steps, project.template === "python") }]
    : [{ path: ".gitlab-ci.yml", text: gitlabPipeline(steps, project.template === "python") }];
}

function stepsOf(project: Project): Steps {
  const { install, run } = installers[project.packageManager];
  const isPython = project.template === "python";
  const packages = isPython && !project.packages.has("sluice") ? ["npm install --no-save sluice"] : install;
  return {
    install: [...packages, ...(isPython ? [`python3 -m pip install pytest ${pytestPlugin}`] : [])],
    doctor: `${run} sluice doctor`,
    test: testCommand(project),
  };
}

function githubWorkflow({ install, doctor, test }: Steps, isPython: boolean): string {
  const python = `
      - uses: actions/setup-python@v5
        with: { python-version: "3.13" }`;
  return `# Every push: the tests of this project, on a real Slurm that they make for themselves.
name: Slurm tests
on: [push, pull_request]
jobs:
  slurm:
    runs-on: ubuntu-24.04
    timeout-minutes: 15
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: 24 }${isPython ? python : ""}
      - run: sudo apt-get update
      - run: sudo ${aptInstall()}
${[...install, doctor, test].map((line) => `      - run: ${line}\n`).join("")}`;
}

function gitlabPipeline({ install, doctor, test }: Steps, isPython: boolean): string {
  // Debian keeps pip out of its own Python, so that of the project is a virtual environment.
  const python = isPython
    ? ["apt-get install -y --no-install-recommends python3-venv", "python3 -m venv .venv", ". .venv/bin/activate"]
    : [];
  return `# Every push: the tests of this project, on a real Slurm that they make for themselves. No Docker in Docker is needed.
slurm-tests:
  image: node:24-bookworm
  timeout: 15m
  script:
    - apt-get update
    - ${aptInstall()}
${[...python, ...install, doctor, test].map((line) => `    - ${line}\n`).join("")}`;
}
