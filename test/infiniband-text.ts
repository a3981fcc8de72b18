/** A switch of a fabric that a test makes up: its name, and the names of the switches above it and of the hosts below it. */
export interface MadeSwitch {
  readonly up?: readonly string[];
  readonly hosts?: readonly string[];
  /** Which adapter of its hosts is connected; 0 where left out. */
  readonly adapter?: number;
}

/**
 * The output of `ibnetdiscover` for a fabric by names of switches: a switch has the id `S-<name>`, an adapter
 * `H-<host>-<number>`. Links are shown at both of their ends.
 */
export function ibnetdiscoverText(fabric: { readonly [name: string]: MadeSwitch }): string {
  const neighbours = new Map<string, string[]>(Object.keys(fabric).map((name) => [name, []]));
  const adapters = new Map<string, string>();
  for (const [name, { up = [], hosts = [], adapter = 0 }] of Object.entries(fabric)) {
    for (const above of up) {
      neighbours.get(name)?.push(`"S-${above}"[1]\t\t# "MF0;${above}:MQM9700/U1" lid 2 4xNDR`);
      neighbours.get(above)?.push(`"S-${name}"[2]\t\t# "MF0;${name}:MQM9700/U1" lid 1 4xNDR`);
    }
    for (const host of hosts) {
      adapters.set(`H-${host}-${adapter}`, `${host} mlx5_${adapter}`);
      neighbours.get(name)?.push(`"H-${host}-${adapter}"[1](0a)\t\t# "${host} mlx5_${adapter}" lid 3 4xNDR`);
    }
  }
  const paragraphs = [
    "#\n# Topology file: generated on Wed Aug  6 16:11:23 2025\n#\n# Initiated from node 1 port 1",
    ...Array.from(neighbours, ([name, ports]) => {
      const head = `switchguid=0x1(1)\nSwitch\t65 "S-${name}"\t\t# "MF0;${name}:MQM9700/U1" enhanced port 0 lid 1 lmc 0`;
      return [head, ...ports.map((port, index) => `[${index + 1}]\t${port}`)].join("\n");
    }),
    ...Array.from(adapters, ([id, description]) => `caguid=0x1\nCa\t1 "${id}"\t\t# "${description}"`),
  ];
  return `${paragraphs.join("\n\n")}\n`;
}
