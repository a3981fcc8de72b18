import { SluiceError } from "../../errors.ts";
import { TopologyError } from "../topology-error.ts";
import type { TopologyHost } from "../topology-host.ts";
import { pdshTargets } from "./pdsh-targets.ts";

/** A sweep over a large cluster, of which some nodes do not answer at once. */
const deadlineMs = 10 * 60_000;

/**
 * Runs a command of a shell on many nodes over ssh, and answers with lines of `node: what it printed`. Throws
 * `TopologyError` (500) where pdsh fails or is not installed, and 400 for names that pdsh would read as more.
 */
export async function pdsh(
  { runner }: Pick<TopologyHost, "runner">,
  remoteCommand: string,
  nodes: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  if (nodes.length === 0) return "";
  const argv = ["pdsh", "-R", "ssh", "-w", pdshTargets(nodes), remoteCommand] as const;
  const output = await runner
    .output({ argv, parse: (done) => done }, { signal, deadlineMs })
    .catch((error: unknown) => {
      signal.throwIfAborted();
      const reason = error instanceof SluiceError ? error.message : String(error);
      throw new TopologyError(500, `pdsh failed:  : ${reason}`, { cause: error });
    });
  if (output.exitCode !== 0) {
    const stderr = output.stderr.replaceAll("\n", " ");
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
