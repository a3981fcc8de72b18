import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { bundleTask, type BundleOptions, type TaskBundle } from "../src/sdk/shipping/bundle-task.ts";
import { checkTask } from "../src/sdk/shipping/check-bundle.ts";

/** A module with one task. */
export const trainModule =
  'import { task } from "sluice";\nexport const train = task(async function train(x: number) { return x + 1; });\n';

/** A project whose `src/train.ts` is put together for a job, with the folder that keeps what was. */
export interface BundledProject extends AsyncDisposable {
  readonly folder: string;
  /** The path of `src/train.ts`. */
  readonly module: string;
  readonly options: BundleOptions;
  /** Writes files of the project. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
  bundle(changed?: Partial<BundleOptions>): Promise<TaskBundle>;
  /** `name` is that of the task, `train` unless given. */
  check(
    made: TaskBundle,
    options?: { readonly name?: string; readonly deadlineMs?: number; readonly signal?: AbortSignal },
  ): Promise<void>;
  /** Once no file is younger than the clock of the file system can tell, what was made is kept. */
  bundleUntilCached(): Promise<TaskBundle>;
}

export async function openBundledProject(): Promise<BundledProject> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-bundle-"));
  const module = join(folder, "project/src/train.ts");
  const options: BundleOptions = { home: join(folder, "home"), target: "22.18" };
  const write = async (files: Readonly<Record<string, string>>): Promise<void> => {
    for (const [name, text] of Object.entries(files)) {
      const path = join(folder, "project", name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
  };
  const bundle = (changed: Partial<BundleOptions> = {}): Promise<TaskBundle> =>
    bundleTask({ kind: "task", module }, { ...options, ...changed });
  await write({ "package.json": '{"name":"project","type":"module"}' });
  return {
    folder,
    module,
    options,
    write,
    bundle,
    async check(made, { name = "train", ...limits } = {}) {
      const task = { id: `src/train.ts#${name}`, place: { module, path: "src/train.ts" } };
      await checkTask(task, made, { home: options.home, ...limits });
    },
    async bundleUntilCached() {
      await expect.poll(async () => (await bundle()).cached, { timeout: 30_000, interval: 10 }).toBe(true);
      return bundle();
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
