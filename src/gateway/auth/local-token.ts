import { link, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SluiceError } from "../../errors.ts";
import type { JobStore } from "../../jobs/store.ts";
import { hashToken, mintToken, toApiToken } from "./bearer-token.ts";

/** Where the local user's token is kept. */
export function localTokenFile(home: string): string {
  return join(home, "token");
}

export interface LocalTokenDeps {
  readonly home: string;
  readonly subject: string;
  readonly tokens: Pick<JobStore, "findToken" | "addToken">;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Sees to it that the local user has a token: makes one at the first start, into a file of mode 0600 that the command line
 * and the client find. Gives the file's path. A token that was revoked stays so: remove the file to have a new one.
 *
 * Throws `CONFIG_INVALID` for a file that others may read, or whose token was revoked.
 */
export async function ensureLocalToken({ home, subject, tokens, now }: LocalTokenDeps): Promise<string> {
  const path = localTokenFile(home);
  const request = { scope: "admin", subject, label: "the local user", now } as const;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeOnce(path, `${mintToken(request).secret}\n`);
  const secret = await readTokenFile(path);
  const known = await tokens.findToken(hashToken(secret));
  if (known === undefined) await tokens.addToken(toApiToken(secret, request));
  if (known?.revokedAt !== undefined) {
    throw new SluiceError(
      "CONFIG_INVALID",
      `the token in ${path} was revoked; remove the file to have a new one made`,
      {
        details: { file: path },
      },
    );
  }
  return path;
}

/** Writes the file unless there is one; never is half a token to be seen in it, and never may others read it. */
async function writeOnce(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}`;
  try {
    await writeFile(draft, text, { mode: 0o600, flush: true });
    await link(draft, path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return;
    throw new SluiceError("FILE_UNWRITABLE", `the token cannot be written to ${path}`, { cause: error });
  } finally {
    await rm(draft, { force: true });
  }
}

/** The token in a file. Throws `CONFIG_INVALID` for one that is empty or that others may read, `FILE_UNREADABLE`. */
export async function readTokenFile(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new SluiceError("FILE_UNREADABLE", `there is no token in ${path}; \`sluice serve\` makes one`, { cause });
  });
  const { mode } = await stat(path);
  const fail = (problem: string): SluiceError =>
    new SluiceError("CONFIG_INVALID", `${path}: ${problem}`, { details: { file: path } });
  if ((mode & 0o077) !== 0) throw fail(`others may read the token in it; run: chmod 600 ${path}`);
  const token = text.trim();
  if (!/^[\x21-\x7e]{20,}$/.test(token)) throw fail("this is no token");
  return token;
}
