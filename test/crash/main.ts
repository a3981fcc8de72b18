// The crash suite's random part at length: `npm run chaos -- --seeds 1,2,3 --over local,ssh --jobs 1000 --kills 300`.
import { parseArgs } from "node:util";
import { chaos } from "./chaos.ts";

const usage = "npm run chaos -- [--seeds 1,2,…] [--over local,ssh] [--jobs 1000] [--kills 300] [--outage 30]";

interface Settings {
  readonly seeds: readonly number[];
  readonly over: readonly ("local" | "ssh")[];
  readonly jobs: number;
  readonly kills: number;
  /** In seconds. */
  readonly outage: number;
}

function readSettings(args: readonly string[]): Settings {
  const text = { type: "string" } as const;
  const options = { seeds: text, over: text, jobs: text, kills: text, outage: text };
  const { values } = parseArgs({ args: [...args], options });
  const number = (name: string, word: string): number => {
    if (/^\d{1,10}$/.test(word)) return Number(word);
    throw new Error(`--${name} takes whole numbers, not ${JSON.stringify(word)}`);
  };
  const { seeds = String(Math.floor(Math.random() * 2 ** 31)), over = "local,ssh" } = values;
  return {
    seeds: seeds.split(",").map((word) => number("seeds", word)),
    over: over.split(",").map((word) => {
      if (word === "local" || word === "ssh") return word;
      throw new Error(`--over takes local and ssh, not ${JSON.stringify(word)}`);
    }),
    jobs: number("jobs", values.jobs ?? "1000"),
    kills: number("kills", values.kills ?? "300"),
    outage: number("outage", values.outage ?? "30"),
  };
}

const say = (line: string): void => void process.stderr.write(`» ${line}\n`);

/** Runs every seed in every form, and ends with a line for each that went wrong. */
async function runAll({ seeds, over: forms, jobs, kills, outage }: Settings, signal: AbortSignal): Promise<number> {
  const failed: string[] = [];
  for (const seed of seeds) {
    for (const over of forms) {
      const what = `${over}, seed ${seed}`;
      say(`${what}: ${jobs} jobs, ${kills} kills, outages of ${outage} s`);
      try {
        const { seconds, deeds } = await chaos({ seed, over, jobs, kills, outageMs: outage * 1_000, say, signal });
        const told = Object.entries(deeds).map(([deed, times]) => `${times} × ${deed}`);
        process.stdout.write(`${what}: each of ${jobs} jobs once, ${seconds} s (${told.join(", ")})\n`);
      } catch (error) {
        if (signal.aborted) return 130;
        failed.push(what);
        process.stdout.write(`${what}: FAILED: ${error instanceof Error ? error.stack : String(error)}\n`);
      }
    }
  }
  const runs = seeds.length * forms.length;
  process.stdout.write(`chaos: ${runs - failed.length} of ${runs} runs went well\n`);
  return failed.length === 0 ? 0 : 1;
}

let settings: Settings | undefined;
try {
  settings = readSettings(process.argv.slice(2));
} catch (error) {
  say(`${error instanceof Error ? error.message : String(error)}; usage: ${usage}`);
  process.exitCode = 2;
}
if (settings !== undefined) {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => stop.abort());
  process.exitCode = await runAll(settings, stop.signal);
}
