import { SluiceError } from "../../errors.ts";
import { expandHostlist } from "../../slurm/values/hostlist.ts";
import type { WrittenProblem } from "./written-topology.ts";

/** Most names in one list; Slurm has no cluster of more nodes than 65,536, and models may. */
const mostNames = 500_000;

/** The names of a hostlist of a file; one that cannot be read is a problem, and has no names. */
export function readHosts(text: string, line: number, problems: WrittenProblem[]): readonly string[] {
  try {
    return expandHostlist(text, { limit: mostNames });
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    problems.push({ line, problem: error.message });
    return [];
  }
}
