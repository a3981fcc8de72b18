import { inMs, type Comparison } from "./comparison.ts";
import { interleave } from "./interleave.ts";
import { SdkProject } from "./sdk-project.ts";

const program = 'const began = performance.now(); await import("sluice"); console.log(performance.now() - began)';

/** How long a program that has started waits for its `import … from "sluice"`. */
export async function importPackage(rounds: number): Promise<readonly Comparison[]> {
  await using project = await SdkProject.open("/none");
  const argv = [process.execPath, "--input-type=module", "-e", program] as const;
  const [ours] = await interleave([{ name: "import", run: async () => Number(await project.run(argv)) }], rounds);
  if (ours === undefined) throw new Error("a contender is missing");
  return [{ what: '`import "sluice"`', ours: inMs(ours), budget: { atMost: 60 } }];
}
