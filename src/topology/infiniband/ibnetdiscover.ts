/** A switch of an InfiniBand fabric and what its ports are connected to. */
export interface IbSwitch {
  /** GUID as `ibnetdiscover` writes it: `S-2c5eab0300b87b40`. */
  readonly id: string;
  /** The name in its description: `leaf-101` of `MF0;leaf-101:MQM8700/U1`; empty where there is none to be found. */
  readonly name: string;
  /** Ids of the switches and host adapters at its ports, each once, in the order of the text. */
  readonly neighbours: readonly string[];
}

/** What one run of `ibnetdiscover` saw. */
export interface IbFabric {
  /** By id. */
  readonly switches: ReadonlyMap<string, IbSwitch>;
  /** Names of hosts by the id of their adapter: `H-043f720300f4bc9e`. A host has several. */
  readonly adapters: ReadonlyMap<string, string>;
}
