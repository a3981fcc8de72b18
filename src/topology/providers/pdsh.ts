import { SluiceError } from "../../errors.ts";
import { TopologyError } from "../topology-error.ts";
import type { TopologyHost } from "../topology-host.ts";
import { pdshTargets } from "./pdsh-targets.ts";

/** A sweep over a large cluster, of which some nodes do not answer at once. */
const deadlineMs = 10 * 60_000;

export interface PdshOptions {
  /** Prints what the nodes print, without their names before each line. */
  readonly bare?: boolean;
  /** Some nodes may be down or hang: what the others print counts, and the failure is told to the operator. */
  readonly partial?: boolean;
}

/** With `partial`, the status of pdsh is the worst of all nodes, each of which has so many seconds. */
const partialFlags = ["-S", "-u", "10"];

/**
 * Runs a command of a shell on many nodes over ssh, and answers with lines of `node: what it printed`. Throws
 * `TopologyError` (500) where pdsh fails or is not installed, and 400 for names that pdsh would read as more.
 */
export async function pdsh(
  { runner, log }: Pick<TopologyHost, "runner" | "log">,
  remoteCommand: string,
  nodes: readonly string[],
  signal: AbortSignal,
  { bare = false, partial = false }: PdshOptions = {},
): Promise<string> {
  if (nodes.length === 0) return "";
  const flags = [...(partial ? partialFlags : []), ...(bare ? ["-N"] : [])];
  const argv = ["pdsh", "-R", "ssh", ...flags, "-w", pdshTargets(nodes), remoteCommand] as const;
  const output = await runner
    .output({ argv, parse: (done) => done }, { signal, deadlineMs })
    .catch((error: unknown) => {
      signal.throwIfAborted();
      const reason = error instanceof SluiceError ? error.message : String(error);
      throw new TopologyError(500, `pdsh failed:  : ${reason}`, { cause: error });
    });
  if (output.exitCode !== 0) {
    const stderr = output.stderr.replaceAll("\n", " ");
    if (partial && output.stdout !== "") {
      log("warning", `pdsh: some nodes did not answer, the others count: ${stderr}`);
      return output.stdout;
    }
    throw new TopologyError(500, `pdsh failed: ${stderr} : exit status ${output.exitCode}`);
  }
  return output.stdout;
}

/** What each node printed, by its name; lines of another form are passed over. */
export function byNode(text: string): ReadonlyMap<string, string> {
  return new Map(answers(text));
}

/** Names of nodes by what they printed. */
export function byAnswer(text: string): ReadonlyMap<string, string> {
  return new Map(answers(text).map(([node, answer]) => [answer, node]));
}

/** A node that printed nothing, as where its metadata service is not to be reached, has not answered. */
function answers(text: string): readonly (readonly [node: string, answer: string])[] {
  return text.split("\n").flatMap((line) => {
    const [node, answer, ...others] = line.split(": ");
    const said = answer?.trim() ?? "";
    return node === undefined || said === "" || others.length > 0 ? [] : [[node, said] as const];
  });
}
