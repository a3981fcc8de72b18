import { createHash } from "node:crypto";
import { readFileSync, statSync, utimesSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../../errors.ts";

/** When there are more files than this, or older ones, the oldest go. */
const keptFiles = 300;
const keptDays = 30;
/** So that no single submit pays for a folder that grew long. */
const removedAtOnce = 200;

const dayMs = 24 * 60 * 60 * 1000;

/** What was put together or packed before, on disk: content by its hash, and notes by a key with theirs, as a file may be damaged. */
export class BundleFolder {
  readonly #path: string;

  /** @param home - where Sluice keeps what is its own */
  constructor(home: string) {
    this.#path = join(home, "bundles");
  }

  /** Where content is, as a module. */
  contentPath(sha256: string): string {
    return join(this.#path, `${sha256}.mjs`);
  }

  /** `undefined` where it is not there, or is not what it was. At once, as notes are read. */
  readContent(sha256: string): Uint8Array | undefined {
    try {
      const bytes = readFileSync(this.contentPath(sha256));
      return hashOf(bytes) === sha256 ? bytes : undefined;
    } catch {
      return undefined;
    }
  }

  /** The hash of the content. Throws `FILE_UNWRITABLE`. */
  async writeContent(content: string | Uint8Array): Promise<string> {
    const sha256 = hashOf(content);
    await this.#write(`${sha256}.mjs`, content);
    return sha256;
  }

  /** `undefined` where it is not there, or is not what it was. At once: it is a small file, and to wait costs more. */
  readNote(name: string): unknown {
    try {
      const text = readFileSync(join(this.#path, `${name}.json`), "utf8");
      const [hash, body = ""] = text.split("\n", 2);
      return hash === hashOf(body) ? JSON.parse(body) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Throws `FILE_UNWRITABLE`. */
  async writeNote(name: string, note: unknown): Promise<void> {
    const body = JSON.stringify(note);
    await this.#write(`${name}.json`, `${hashOf(body)}\n${body}`);
  }

  /** Marks files as still in use, once a day: the oldest are removed. */
  touch(...paths: readonly string[]): void {
    const now = new Date();
    for (const path of paths) {
      try {
        if (now.getTime() - statSync(path).mtimeMs > dayMs) utimesSync(path, now, now);
      } catch {
        // One that is gone, or is another user's, stays as it is.
      }
    }
  }

  notePath(name: string): string {
    return join(this.#path, `${name}.json`);
  }

  /** Another process may read or write the same: a file is there whole or not at all. */
  async #write(name: string, content: string | Uint8Array): Promise<void> {
    const path = join(this.#path, name);
    const part = `${path}.${process.pid}.${crypto.randomUUID()}.part`;
    try {
      await mkdir(this.#path, { recursive: true, mode: 0o700 });
      await writeFile(part, content, { mode: 0o600 });
      await rename(part, path);
    } catch (error) {
      await rm(part, { force: true }).catch(() => {});
      const why = error instanceof Error ? error.message : String(error);
      throw new SluiceError(
        "FILE_UNWRITABLE",
        `cannot keep a task's code in ${this.#path}: ${why}; set SLUICE_HOME to another folder`,
        {
          cause: error,
          details: { path },
        },
      );
    }
  }

  /** Removes what was not used for long. What cannot be removed stays: it is in nobody's way. */
  async prune(): Promise<void> {
    const names = await readdir(this.#path).catch(() => []);
    const found = await Promise.all(
      names.map(async (name) => {
        const path = join(this.#path, name);
        return { path, usedMs: (await stat(path).catch(() => undefined))?.mtimeMs ?? 0 };
      }),
    );
    found.sort((one, other) => other.usedMs - one.usedMs);
    const oldest = Date.now() - keptDays * dayMs;
    const old = found.filter(({ usedMs }, index) => index >= keptFiles || usedMs < oldest);
    await Promise.allSettled(old.slice(-removedAtOnce).map(({ path }) => rm(path, { force: true })));
  }
}

/** SHA-256, in hex. */
export function hashOf(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
