import { readFile, stat } from "node:fs/promises";
import { SluiceError } from "../../../errors.ts";
import type { Runner } from "../../../jobs/runner.ts";

/** Where the JSON Web Token comes from that slurmrestd is shown. It is kept in memory and shown to nobody else. */
export type TokenSource =
  /** Absolute path on this machine. */
  | { readonly file: string }
  /** Printed by a command that runs where Slurm's commands do: `scontrol token`. */
  | { readonly command: readonly [string, ...string[]] };

export interface Tokens {
  /**
   * The token now. `refused` is one that was just refused, so that another is fetched. Throws `CONFIG_INVALID` where there is
   * none to be had.
   */
  current(signal: AbortSignal, refused?: string): Promise<string>;
}

/** A new one is fetched so long before the old one ends. */
const earlyMs = 30_000;
const fetchDeadlineMs = 30_000;

export function createTokens(source: TokenSource, runner: Runner, now: () => number): Tokens {
  return "file" in source ? tokensOfFile(source.file) : tokensOfCommand(source.command, runner, now);
}

/** The file is read again whenever it has changed, as whoever renews the token changes it. */
function tokensOfFile(path: string): Tokens {
  let kept: { readonly token: string; readonly version: string } | undefined;
  return {
    async current(_signal, refused) {
      try {
        const { mtimeMs, ino, size } = await stat(path);
        const version = `${mtimeMs} ${ino} ${size}`;
        if (kept?.version !== version || refused !== undefined) {
          kept = { version, token: readToken(await readFile(path, "utf8"), `token_file "${path}"`) };
        }
        return kept.token;
      } catch (error) {
        if (error instanceof SluiceError) throw error;
        const problem = error instanceof Error ? error.message : String(error);
        throw new SluiceError("CONFIG_INVALID", `token_file: "${path}" cannot be read: ${problem}`, {
          cause: error,
          details: { field: "token_file", path },
        });
      }
    },
  };
}

function tokensOfCommand(argv: readonly [string, ...string[]], runner: Runner, now: () => number): Tokens {
  let kept: Promise<string> | undefined;
  const fetch = async (signal: AbortSignal): Promise<string> => {
    // What it prints is a secret: of its output nothing but the token's place is ever told.
    const { stdout, exitCode } = await runner.output({ argv, parse: () => {} }, { signal });
    if (exitCode !== 0) {
      throw new SluiceError(
        "CONFIG_INVALID",
        `token_command: "${argv[0]}" ended with exit code ${exitCode} on ${runner.host}; run it by hand to see why`,
        { details: { field: "token_command", exitCode } },
      );
    }
    return readToken(stdout, `what token_command "${argv[0]}" printed`);
  };
  return {
    async current(_signal, refused) {
      const before = kept;
      const known = await before;
      if (known !== undefined && known !== refused && !endsSoon(known, now())) return known;
      // Whoever else found it out meanwhile has begun already; what is fetched is for all, so nobody's signal ends it.
      if (kept === before) {
        const fetched = fetch(AbortSignal.timeout(fetchDeadlineMs));
        kept = fetched;
        fetched.catch(() => (kept = undefined));
      }
      return kept ?? fetch(AbortSignal.timeout(fetchDeadlineMs));
    },
  };
}

/** One line with a token, as `scontrol token` prints it (`SLURM_JWT=…`) or bare. */
function readToken(text: string, where: string): string {
  const token = text.trim().replace(/^SLURM_JWT=/, "");
  if (/^[\w.~+/=-]{1,16384}$/.test(token)) return token;
  throw new SluiceError("CONFIG_INVALID", `${where} is no token: one line is expected, bare or after SLURM_JWT=`, {
    details: { field: where.split(" ")[0] ?? "token" },
  });
}

function endsSoon(token: string, now: number): boolean {
  const ends = readClaims(token)["exp"];
  return typeof ends === "number" && ends * 1000 - now < earlyMs;
}

/** The user that a token is of, by slurmctld's own claim or the one of scontrol's tokens; `undefined` where it does not say. */
export function userOfToken(token: string): string | undefined {
  const { sun, username } = readClaims(token);
  const name = sun ?? username;
  return typeof name === "string" ? name : undefined;
}

/** What a JSON Web Token claims, unchecked: slurmctld is who checks. Empty for a token of another form. */
function readClaims(token: string): Readonly<Record<string, unknown>> {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    return typeof claims === "object" && claims !== null ? { ...claims } : {};
  } catch {
    return {};
  }
}
