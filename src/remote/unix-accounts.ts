import { execFile } from "node:child_process";
import { SluiceError } from "../errors.ts";
import type { Clock } from "../jobs/clock.ts";
import { UnixUser } from "../schema/owners.ts";
import type { UnixAccount } from "../schema/unix-account.ts";

/** How long what the host has said of a user counts: it may have to ask a directory of a whole organisation. */
const rememberedMs = 60_000;
const deadlineMs = 10_000;

/** The Unix users of this host, wherever it has them from (getent(1)). */
export class UnixAccounts {
  readonly #clock: Clock;
  readonly #env: NodeJS.ProcessEnv;
  readonly #known = new Map<string, { readonly until: number; readonly account: Promise<UnixAccount | undefined> }>();

  constructor({ clock, env }: { readonly clock: Clock; readonly env: Readonly<Record<string, string>> }) {
    this.#clock = clock;
    this.#env = env;
  }

  /** `undefined` for a name that nobody has. Throws `COMMAND_FAILED`. */
  find(name: string): Promise<UnixAccount | undefined> {
    const now = this.#clock.now();
    const known = this.#known.get(name);
    if (known !== undefined && now < known.until) return known.account;
    const account = this.#ask(name);
    this.#known.set(name, { until: now + rememberedMs, account });
    account.catch(() => this.#known.delete(name));
    return account;
  }

  /** The name of a uid; `undefined` where nobody has it. Throws `COMMAND_FAILED`. */
  async nameOf(uid: number): Promise<string | undefined> {
    const text = await this.#getent(String(uid));
    const name = text.split(":", 1)[0] ?? "";
    return parseAccount(text, name)?.uid === uid ? name : undefined;
  }

  async #ask(name: string): Promise<UnixAccount | undefined> {
    // A number would be taken for a uid.
    if (!UnixUser.safeParse(name).success) return undefined;
    return parseAccount(await this.#getent(name), name);
  }

  #getent(key: string): Promise<string> {
    return new Promise((resolve, reject) => {
      execFile("getent", ["passwd", "--", key], { env: this.#env, timeout: deadlineMs }, (error, stdout) => {
        // getent(1): 2 where there is none.
        if (error === null || error.code === 2) return resolve(stdout);
        const words = `the users of this host cannot be asked for: ${error.message.trim()}`;
        reject(new SluiceError("COMMAND_FAILED", words, { cause: error }));
      });
    });
  }
}

/** One line of passwd(5); `undefined` for one that is none, or another's. */
export function parseAccount(line: string, name: string): UnixAccount | undefined {
  const [own, , uid = "", gid = "", , home = "", shell = ""] = line.split("\n", 1)[0]?.split(":") ?? [];
  if (own !== name || !/^\d+$/.test(uid) || !/^\d+$/.test(gid)) return undefined;
  return {
    name,
    uid: Number(uid),
    gid: Number(gid),
    home: home.startsWith("/") ? home : "/",
    shell: shell === "" ? "/bin/sh" : shell,
  };
}
