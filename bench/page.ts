import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { runCommand } from "./run-command.ts";

const file = fileURLToPath(new URL("../docs/performance.md", import.meta.url));
const begin = "<!-- measured: begin -->";
const end = "<!-- measured: end -->";

/** The machine that the figures belong to, in one line. */
export async function machineShape(): Promise<string> {
  const processors = cpus();
  const slurm = (await runCommand(["slurmctld", "-V"])).trim();
  return [
    `${processors.length} × ${processors[0]?.model ?? "unknown CPU"}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `${process.platform} ${release()}`,
    `Node ${process.version}`,
    slurm,
  ].join(", ");
}

/** Replaces what stands between the markers of docs/performance.md. */
export function writePage(text: string): void {
  const page = readFileSync(file, "utf8");
  const [before, rest = ""] = page.split(begin);
  const after = rest.split(end)[1];
  if (after === undefined) throw new Error(`${file} has lost its markers ${begin} … ${end}`);
  writeFileSync(file, `${before}${begin}\n\n${text}\n\n${end}${after}`);
}
