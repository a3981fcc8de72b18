import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inMs, type Comparison } from "./comparison.ts";
import { interleave } from "./interleave.ts";
import { SdkProject } from "./sdk-project.ts";

const program = fileURLToPath(new URL("bundling-process.ts", import.meta.url));
const budget = { atMost: 5 };

/** How long it takes to learn that the code of a task function has been put together before, by this program or another. */
export async function bundling(rounds: number): Promise<readonly Comparison[]> {
  await using project = await SdkProject.open("/none");
  const argv = [process.execPath, program, join(project.folder, "tasks.mjs"), join(project.folder, "home")] as const;
  const times = async (): Promise<readonly [first: number, second: number]> => JSON.parse(await project.run(argv));
  // The round that is not counted is the one in which it is put together.
  const [other, same] = await interleave(
    [
      { name: "by another program", run: async () => (await times())[0] },
      { name: "by this one", run: async () => (await times())[1] },
    ],
    rounds,
  );
  if (other === undefined || same === undefined) throw new Error("a contender is missing");
  return [
    { what: "a task function's code, bundled before by another program", ours: inMs(other), budget },
    { what: "the same, bundled before by this program", ours: inMs(same), budget },
  ];
}
