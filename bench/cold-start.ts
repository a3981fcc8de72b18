import { fileURLToPath } from "node:url";
import { inMs, type Comparison } from "./comparison.ts";
import { interleave } from "./interleave.ts";
import { runCommand } from "./run-command.ts";

const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

/** How long a user waits for `sluice --help`, against a Node that does nothing. */
export async function coldStart(rounds: number): Promise<readonly Comparison[]> {
  const [ours, against] = await interleave(
    [
      { name: "sluice --help", run: async () => void (await runCommand([process.execPath, main, "--help"])) },
      { name: "node -e 0", run: async () => void (await runCommand([process.execPath, "-e", "0"])) },
    ],
    rounds,
  );
  if (ours === undefined || against === undefined) throw new Error("a contender is missing");
  return [{ what: "cold start, `sluice --help`", ours: inMs(ours), against: inMs(against), budget: { atMost: 2.5 } }];
}
