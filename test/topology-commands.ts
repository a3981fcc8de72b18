import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openWorkspace, type Ended, type Workspace } from "./sluice.ts";

/** `sluice topology …` in a folder of a test's own, in this process. */
export interface TopologyCommands extends AsyncDisposable {
  readonly space: Workspace;
  topology(...args: readonly string[]): Promise<Ended>;
  /** The same where it must succeed; resolves to what it printed. */
  done(...args: readonly string[]): Promise<string>;
  /** Puts a file into the folder. */
  put(name: string, text: string): Promise<void>;
}

export async function openTopologyCommands(): Promise<TopologyCommands> {
  const space = await openWorkspace();
  const topology = (...args: readonly string[]): Promise<Ended> => space.inProcess("topology", ...args);
  return {
    space,
    topology,
    async done(...args) {
      const { stdout, stderr, exitCode } = await topology(...args);
      if (exitCode !== 0) throw new Error(`sluice topology ${args.join(" ")} ended with ${exitCode}: ${stderr}`);
      return stdout;
    },
    put: (name, text) => writeFile(join(space.cwd, name), text),
    [Symbol.asyncDispose]: () => space[Symbol.asyncDispose](),
  };
}

/** What Slurm reads of the model `crusoe-two-pods.yaml`. */
export const pods = `SwitchName=partition-1 Switches=pod-abc123,pod-def456
SwitchName=pod-abc123 Nodes=node-[1-4]
SwitchName=pod-def456 Nodes=node-[5-8]
`;
