import type { SshDestination } from "../../schema/ssh-destination.ts";
import { SshChannel, type SshChannelOptions } from "./channel.ts";
import type { Destination } from "./start.ts";

/** The channels of this process: one for each destination, however many clusters are reached through it. */
export class SshChannels implements AsyncDisposable {
  readonly #options: Omit<SshChannelOptions, "destination">;
  readonly #channels = new Map<string, SshChannel>();

  constructor(options: Omit<SshChannelOptions, "destination">) {
    this.#options = options;
  }

  /** Nothing is opened before the first request. */
  to(destination: Destination): SshChannel {
    const key = "as" in destination ? JSON.stringify(destination) : keyOf(destination);
    const known = this.#channels.get(key);
    if (known !== undefined) return known;
    const channel = new SshChannel({ ...this.#options, destination });
    this.#channels.set(key, channel);
    return channel;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#channels.values()].map((channel) => channel[Symbol.asyncDispose]()));
    this.#channels.clear();
  }
}

function keyOf({ host, user, port, identity_file, config_file, options = {} }: SshDestination): string {
  const set = Object.entries(options).map(([name, value]) => `${name}=${value}`);
  return JSON.stringify([host, user, port, identity_file, config_file, set.sort()]);
}
