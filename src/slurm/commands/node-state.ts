/** A node's state: one base word and what is added to it, all in lower case. */
export interface NodeState {
  /** `idle`, `mixed`, `allocated`, `down`, `unknown`, `future`, `error`, …; of sinfo's long form also `drained`, `inval`, … */
  readonly base: string;
  /** `drain`, `not_responding`, `invalid_reg`, `powered_down`, `reboot_requested`, `maintenance`, `planned`, … */
  readonly flags: readonly string[];
}

/** sinfo(1), NODE STATE CODES: the sign after a state. Planned (`-`) is known from 22.05 on. */
const signs: Readonly<Record<string, string>> = {
  "*": "not_responding",
  "~": "powered_down",
  "#": "powering_up",
  "!": "power_down",
  "%": "powering_down",
  $: "maintenance",
  "@": "reboot_requested",
  "^": "reboot_issued",
  "-": "planned",
};

/**
 * Reads a node's state as `scontrol show node` (`IDLE+DRAIN`, `DOWN*+CLOUD`), sinfo's `StateComplete` (`idle+drain`) or its
 * `StateLong` (`drained*`, `mixed-`) print it. Every text is taken: a word that a later release adds stays as it is.
 */
export function parseNodeState(text: string): NodeState {
  const flags: string[] = [];
  const words = text
    .trim()
    .toLowerCase()
    .split("+")
    .map((part) => {
      let word = part;
      for (let sign = signs[word.slice(-1)]; sign !== undefined; sign = signs[word.slice(-1)]) {
        flags.push(sign);
        word = word.slice(0, -1);
      }
      return word;
    })
    .filter((word) => word !== "");
  return { base: words[0] ?? "unknown", flags: [...new Set([...words.slice(1), ...flags])] };
}

/** Bases and flags under which slurmctld starts nothing on a node. */
const closed: ReadonlySet<string> = new Set([
  "down",
  "error",
  "unknown",
  "future",
  "fail",
  "failing",
  "drain",
  "drained",
  "draining",
  "inval",
  "invalid_reg",
  "not_responding",
  "powered_down",
  "power_down",
  "powering_down",
  "reboot_issued",
  "maintenance",
  "maint",
]);

/** Whether slurmctld may start a job on a node in this state now, leaving aside how much of it is free. */
export function acceptsJobs(state: NodeState): boolean {
  return !closed.has(state.base) && !state.flags.some((flag) => closed.has(flag));
}
