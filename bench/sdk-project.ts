import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "./run-command.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What is submitted: it does as little as `node -e 0` does. */
const tasks = `import { task } from "sluice";
export const nothing = task({}, () => 0);
export const item = task({}, (n) => n);
`;

/** Submits one call, and prints its value. */
const one = `import { Cluster } from "sluice";
import { nothing } from "./tasks.mjs";
await using cluster = Cluster.fromEnv();
console.log(await (await cluster.submit(nothing)()).wait());
`;

/** Submits one array, and prints how many of its results are right. */
const many = `import { Cluster } from "sluice";
import { item } from "./tasks.mjs";
const items = Array.from({ length: Number(process.argv[2]) }, (_, at) => at);
await using cluster = Cluster.fromEnv();
const results = await (await cluster.map(item, items)).results();
console.log(results.filter((value, at) => value === at).length);
`;

/** A project that has the built package installed, as its users have it. Disposing removes it. */
export class SdkProject implements AsyncDisposable {
  readonly folder: string;
  readonly #env: Readonly<Record<string, string | undefined>>;

  private constructor(folder: string, slurmConf: string) {
    this.folder = folder;
    this.#env = { SLURM_CONF: slurmConf, SLURM_TEST_CLUSTER: undefined, SLUICE_HOME: join(folder, "home") };
  }

  static async open(slurmConf: string): Promise<SdkProject> {
    const folder = await mkdtemp(join(tmpdir(), "bench-sdk-"));
    await mkdir(join(folder, "node_modules"));
    await symlink(root, join(folder, "node_modules", "sluice"));
    const files = { "package.json": '{"type": "module"}\n', "tasks.mjs": tasks, "one.mjs": one, "many.mjs": many };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    return new SdkProject(folder, slurmConf);
  }

  /** Runs one of its programs, or a command of Slurm's, in its folder. */
  run(argv: readonly [string, ...string[]]): Promise<string> {
    return runCommand(argv, { cwd: this.folder, env: this.#env });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
