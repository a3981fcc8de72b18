const shortEscapes: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

/** Quotes a text as Go's `%q` does: what prints stands as it is, the rest is escaped. Messages of Topograph have names so. */
export function quoteGo(text: string): string {
  const escaped = text.replace(
    /["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu,
    (character) => shortEscapes[character] ?? escapeCode(character.codePointAt(0) ?? 0),
  );
  return `"${escaped}"`;
}

function escapeCode(code: number): string {
  if (code >= 0xd800 && code <= 0xdfff) return "\uFFFD";
  const digits = code.toString(16);
  if (code < 0x80) return `\\x${digits.padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${digits.padStart(4, "0")}` : `\\U${digits.padStart(8, "0")}`;
}
