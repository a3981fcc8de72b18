/** Texts that YAML 1.1 or 1.2 reads as null, as true or false, or as special numbers. */
const words = new Set(
  [
    ["", "~", "null", "Null", "NULL", "<<", "="],
    ["true", "True", "TRUE", "false", "False", "FALSE"],
    ["y", "Y", "yes", "Yes", "YES", "on", "On", "ON"],
    ["n", "N", "no", "No", "NO", "off", "Off", "OFF"],
    [".nan", ".NaN", ".NAN"],
    ["", "+", "-"].flatMap((sign) => [`${sign}.inf`, `${sign}.Inf`, `${sign}.INF`]),
  ].flat(),
);

/** Numbers, digits of which underscores may part: in decimal, with a base, and in base 60 with colons. */
const numbers = [
  /^[-+]?(?:\.[0-9]*|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/,
  /^[-+]?0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)$/,
  /^[-+]?[0-9]+(?::[0-5]?[0-9])+(?:\.[0-9]*)?$/,
];
/** No number, and yet some readers of YAML 1.1 take it for one. */
const baseAlone = /^[-+]?0[bBoOxX]_+$/;
const day = /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:$|[Tt]|[ \t]+[0-9])/;

/** What a plain text may not begin with, hold, or end with. */
const structural = /^[#,[\]{}&*!|>'"%@`]|^[-?:](?: |$)|^(?:---|\.\.\.)|: |:$| #|^ | $/;

/** Characters that stand only between double quotes, escaped: controls, line breaks, marks of byte order, and all above U+FFFF. */
const special = /[^\x20-\x7e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]/u;

const escapes: Readonly<Record<string, string>> = {
  "\0": "\\0",
  "\u0007": "\\a",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  "\u001b": "\\e",
  '"': '\\"',
  "\\": "\\\\",
  "\u0085": "\\N",
  "\u2028": "\\L",
  "\u2029": "\\P",
};

/**
 * Writes a text as the value of a mapping in YAML, so that every reader of YAML 1.1 and 1.2 has the same text again:
 * plain where it can be, in double quotes where it would be another type, in single quotes where it would be structure.
 * The choice is that of Go's `yaml.v3`, https://github.com/go-yaml/yaml/tree/v3.
 */
export function yamlScalar(text: string): string {
  if (special.test(text) || isOtherType(text)) return doubleQuoted(text);
  return structural.test(text) ? `'${text.replaceAll("'", "''")}'` : text;
}

function isOtherType(text: string): boolean {
  if (words.has(text)) return true;
  if (!/^[-+.0-9]/.test(text)) return false;
  const digits = text.replaceAll("_", "");
  return day.test(text) || baseAlone.test(text) || numbers.some((number) => number.test(digits));
}

function doubleQuoted(text: string): string {
  let escaped = "";
  for (const character of text) escaped += escapeOf(character);
  return `"${escaped}"`;
}

function escapeOf(character: string): string {
  const short = escapes[character];
  if (short !== undefined) return short;
  if (!special.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${digits.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${digits.padStart(4, "0")}` : `\\U${digits.padStart(8, "0")}`;
}
