/** Where the name of a key stands. Lines and columns count from 1. */
export interface TomlPlace {
  readonly line: number;
  readonly column: number;
}

interface Key {
  readonly path: readonly string[];
  readonly offset: number;
}

/** Where the keys of a TOML document stand, which has been read already: what is no TOML may be taken for some. */
export class TomlPlaces {
  readonly #text: string;
  readonly #keys: readonly Key[];

  constructor(text: string) {
    this.#text = text;
    this.#keys = [...new KeyReader(text).keys()];
  }

  /** The place of a key, or of the innermost table around it that is named; the document's start where none is. */
  of(path: readonly string[]): TomlPlace {
    for (let length = path.length; length > 0; length -= 1) {
      // The header of a table may come behind those of its parts: it is the whole path that counts first.
      const key =
        this.#keys.find((one) => one.path.length === length && startsWith(path, one.path)) ??
        this.#keys.find((one) => startsWith(one.path, path.slice(0, length)));
      if (key === undefined) continue;
      const before = this.#text.slice(0, key.offset).split("\n");
      return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
    }
    return { line: 1, column: 1 };
  }
}

function startsWith(path: readonly string[], start: readonly string[]): boolean {
  return start.length <= path.length && start.every((part, index) => part === path[index]);
}

/** Goes over a document once, and finds the keys in it, those of inline tables too. */
class KeyReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  *keys(): Generator<Key> {
    let table: readonly string[] = [];
    while (this.#skip(/(?:\s|#[^\n]*)*/y)) {
      const start = this.#at;
      if (this.#take(/\[\[?[ \t]*/y) !== "") {
        table = this.#dotted();
        yield { path: table, offset: start };
        this.#take(/[ \t]*\]?\]?/y);
      } else {
        yield* this.#pair(table);
      }
      // What is no key is left for what it is.
      if (this.#at === start) this.#at += 1;
    }
  }

  *#pair(table: readonly string[]): Generator<Key> {
    const offset = this.#at;
    const path = [...table, ...this.#dotted()];
    yield { path, offset };
    this.#take(/[ \t]*=[ \t]*/y);
    yield* this.#value(path);
  }

  *#value(path: readonly string[]): Generator<Key> {
    const isTable = this.#text[this.#at] === "{";
    if (!isTable && this.#text[this.#at] !== "[") {
      if (this.#string() === undefined) this.#take(/[^\n#,\]}]*/y);
      return;
    }
    this.#at += 1;
    while (this.#skip(/(?:[\s,]|#[^\n]*)*/y) && !/[\]}]/.test(this.#text[this.#at] ?? "")) {
      const start = this.#at;
      if (isTable) yield* this.#pair(path);
      else yield* this.#value(path);
      if (this.#at === start) this.#at += 1;
    }
    this.#at += 1;
  }

  /** `default.submit."time-min"` */
  #dotted(): readonly string[] {
    const parts: string[] = [];
    do {
      this.#take(/[ \t]*/y);
      parts.push(this.#string() ?? this.#take(/[A-Za-z0-9_-]*/y));
    } while (this.#take(/[ \t]*\./y) !== "");
    return parts;
  }

  #string(): string | undefined {
    const literal = this.#take(/'''[\s\S]*?'{3,5}|'[^'\n]*'/y);
    if (literal !== "") return literal.replace(/^('''|')([\s\S]*)\1$/, "$2");
    const basic = this.#take(/"""(?:[^\\]|\\[\s\S])*?"{3,5}|"(?:[^"\\\n]|\\.)*"/y);
    if (basic === "") return undefined;
    try {
      return String(JSON.parse(basic));
    } catch {
      return basic;
    }
  }

  /** Whether there is more. */
  #skip(pattern: RegExp): boolean {
    this.#take(pattern);
    return this.#at < this.#text.length;
  }

  /** What stands here of a pattern, which is sticky, and which is left behind. */
  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found = ""] = pattern.exec(this.#text) ?? [];
    this.#at += found.length;
    return found;
  }
}
