/**
 * Guards a loop over pages against a server that gives a page's token twice, which would have no end. Throws `Error` with
 * the words that follow what was asked for.
 */
export function seenPages(operation: string): (token: string) => void {
  const seen = new Set<string>();
  return (token) => {
    if (seen.has(token)) throw new Error(`${operation} returned repeated page token ${JSON.stringify(token)}`);
    seen.add(token);
  };
}
