import { compareBytes } from "../names/compare-bytes.ts";

/** The spellings of a name among these keys, which count in any case, in the order of their bytes. */
export function spellingsOf(name: string, keys: Iterable<string>): readonly string[] {
  const wanted = name.toLowerCase();
  return [...keys].filter((key) => key.toLowerCase() === wanted).sort(compareBytes);
}

/** A credential by its name, or by another spelling of it where that is all there is. */
export function credentialIn(creds: ReadonlyMap<string, string>, name: string): string | undefined {
  const exact = creds.get(name);
  if (exact !== undefined) return exact;
  const [spelling] = spellingsOf(name, creds.keys());
  return spelling === undefined ? undefined : creds.get(spelling);
}
