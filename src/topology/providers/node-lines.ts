/** What each node printed, line by line, of output in which pdsh has put `node: ` before each. Lines without are passed over. */
export function nodeLines(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon === -1) continue;
    const node = line.slice(0, colon).trim();
    const said = line.slice(colon + 1).trim();
    const lines = found.get(node);
    if (lines === undefined) found.set(node, [said]);
    else lines.push(said);
  }
  return found;
}
