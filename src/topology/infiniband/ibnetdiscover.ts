/** A switch of an InfiniBand fabric and what its ports are connected to. */
export interface IbSwitch {
  /** Its GUID as `ibnetdiscover` writes it: `S-2c5eab0300b87b40`. */
  readonly id: string;
  /** The name in its description: `leaf-101` of `MF0;leaf-101:MQM8700/U1`; empty where there is none to be found. */
  readonly name: string;
  /** Ids of the switches and host adapters at its ports, each once. */
  readonly neighbours: ReadonlySet<string>;
}

/** What one run of `ibnetdiscover` saw. */
export interface IbFabric {
  /** By id. */
  readonly switches: ReadonlyMap<string, IbSwitch>;
  /** Names of hosts by the id of an adapter: `H-043f720300f4bc9e`. A host has several adapters. */
  readonly adapters: ReadonlyMap<string, string>;
}

/** In the first lines of every output of `ibnetdiscover`: text without them is something else, be it an error. */
const header = "Topology file:";

const adapterLine = /^Ca[\t\f\r ]+\d+[\t\f\r ]+"([^"]+)"[\t\f\r ]+# "([^"]+)"/;
const switchLine = /^Switch[\t\f\r ]+\d+[\t\f\r ]+"([^"]+)"[\t\f\r ]+# "([^"]+)"/;
const portLine = /^\[\d+\][\t\f\r ]+"([^"]+)"\[\d+\](?:\([0-9a-f]+\))?[\t\f\r ]+# "[^"]+"/;
/** `host mlx5_0`; what a manufacturer calls an adapter has more words, and names no host. */
const hostDescription = /^([^\t\f\r ]+)[\t\f\r ][^\t\f\r ]+$/;
const switchDescription = /^[^;:]+;([^;:]+):[^;:]+$/;

/** Whether text is output of `ibnetdiscover`. */
export function isIbnetdiscoverText(text: string): boolean {
  return text.includes(header);
}

/**
 * Reads the output of `ibnetdiscover` (man ibnetdiscover(8), "topology file format"): a paragraph for each switch with a line
 * for each port in use, and one for each host adapter. Lines of other forms are passed over; of two paragraphs with one
 * id the last one counts.
 */
export function parseIbnetdiscover(text: string): IbFabric {
  const switches = new Map<string, IbSwitch>();
  const adapters = new Map<string, string>();
  let neighbours: Set<string> | undefined;
  for (const line of linesOf(text)) {
    if (line.startsWith("[")) {
      const neighbour = portLine.exec(line)?.[1];
      if (neighbour !== undefined) neighbours?.add(neighbour);
    } else if (line.startsWith("Ca")) {
      const [, id, description] = adapterLine.exec(line) ?? [];
      if (id === undefined || description === undefined) continue;
      neighbours = undefined;
      const host = hostDescription.exec(description)?.[1];
      if (host !== undefined) adapters.set(id, host);
    } else if (line.startsWith("Switch")) {
      const [, id, description] = switchLine.exec(line) ?? [];
      if (id === undefined || description === undefined) continue;
      neighbours = new Set();
      switches.set(id, { id, name: switchNameOf(description), neighbours });
    } else if (line.trim() === "") {
      neighbours = undefined;
    }
  }
  return { switches, adapters };
}

/** Names of the hosts that have an adapter at a switch, each once. */
export function connectedHosts({ switches, adapters }: IbFabric): ReadonlySet<string> {
  const hosts = new Set<string>();
  for (const { neighbours } of switches.values()) {
    for (const id of neighbours) {
      const host = adapters.get(id);
      if (host !== undefined) hosts.add(host);
    }
  }
  return hosts;
}

function switchNameOf(description: string): string {
  return switchDescription.exec(description)?.[1] ?? (/[ ;:]/.test(description) ? "" : description);
}

/** One line after the other, without a list of them all beside a text of many megabytes. */
function* linesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length;) {
    const end = text.indexOf("\n", start);
    yield text.slice(start, end === -1 ? undefined : end);
    start = end === -1 ? text.length : end + 1;
  }
}
