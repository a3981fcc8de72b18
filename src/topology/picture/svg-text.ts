/** Text within XML: markup is escaped, and what XML 1.0 cannot hold at all is shown as a replacement character. */
export function xmlText(text: string): string {
  return text.replaceAll(unwritable, "\ufffd").replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Width of a character in a monospaced font, as a part of its size; those of common systems are 0.60 to 0.62. */
const monoAdvance = 0.61;

/** How many characters of a monospaced font fit. */
export function charactersIn(width: number, fontSize: number): number {
  return Math.max(1, Math.floor(width / (fontSize * monoAdvance)));
}

/** Pixels that a text needs in a monospaced font. Characters of East Asian scripts and emoji are two columns wide. */
export function monoWidth(text: string, fontSize: number): number {
  return columnsOf(text) * fontSize * monoAdvance;
}

/** A text that keeps its beginning and its end where it is too long: ids are told apart by both. */
export function shortened(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  const characters = Array.from(text);
  const keep = Math.max(1, columns - 1);
  const tail = Math.floor(keep / 3);
  const head = fitting(characters, keep - tail);
  const end = fitting(characters.slice(head.length).reverse(), tail).toReversed();
  return `${head.join("")}…${end.join("")}`;
}

/** A list of names in lines that are not too long, broken behind commas and within ranges; the last one may end with an ellipsis. */
export function wrappedNames(list: string, columns: number, mostLines: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const part of list.split(/(?<=[,-])/)) {
    if (line !== "" && columnsOf(line) + columnsOf(part) > columns) {
      lines.push(line);
      if (lines.length === mostLines) return [...lines.slice(0, -1), shortened(`${line}…`, columns)];
      line = "";
    }
    line += part;
  }
  lines.push(line);
  return lines.map((text) => shortened(text, columns));
}

function fitting(characters: readonly string[], columns: number): readonly string[] {
  let used = 0;
  let count = 0;
  for (const character of characters) {
    used += isWide(character) ? 2 : 1;
    if (used > columns) break;
    count += 1;
  }
  return characters.slice(0, count);
}

/** Columns of a terminal or of a monospaced font that a text takes. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += isWide(character) ? 2 : 1;
  return columns;
}

function isWide(character: string): boolean {
  return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}]|[\u{20000}-\u{3fffd}]/u.test(
    character,
  );
}
