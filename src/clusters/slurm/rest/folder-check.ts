import type { Runner } from "../../../jobs/runner.ts";

/** So long a folder that could be entered is taken for one that still can. */
const keptMs = 30_000;
/** As many folders as are remembered. */
const keptFolders = 1_000;

export type FolderCheck = (path: string, signal: AbortSignal) => Promise<boolean>;

/** Whether a folder can be entered on the host of the commands, as sbatch finds out by itself; seldom asked for the same one. */
export function folderCheck(runner: Runner, now: () => number): FolderCheck {
  const entered = new Map<string, number>();
  return async (path, signal) => {
    if (now() - (entered.get(path) ?? 0) < keptMs) return true;
    const argv = ["sh", "-c", '[ -d "$1" ] && [ -x "$1" ] && echo yes', "sluice-enter", path] as const;
    const canEnter = await runner.run({ argv, parse: ({ stdout }) => stdout === "yes\n" }, { signal });
    if (canEnter) {
      if (entered.size >= keptFolders) entered.clear();
      entered.set(path, now());
    }
    return canEnter;
  };
}
