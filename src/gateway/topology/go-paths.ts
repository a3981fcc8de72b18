/**
 * Where a client is sent whose path is not as short as it could be, as Go's ServeMux does: without empty parts, `.` and
 * `..`; the slash at its end stays. `undefined` where the path is clean.
 */
export function cleanedPath(path: string): string | undefined {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  const joined = `/${parts.join("/")}`;
  const cleaned = path.endsWith("/") && joined !== "/" ? `${joined}/` : joined;
  return cleaned === path ? undefined : cleaned;
}

/**
 * The first value of that name in a query, as Go reads it: `+` is a space, pairs that are no good are passed over. Text and
 * answer are bytes, one character each. `undefined` where there is none.
 */
export function queryValue(query: string, name: string): string | undefined {
  for (const pair of query.split("&")) {
    if (pair === "" || pair.includes(";")) continue;
    const equals = pair.indexOf("=");
    const key = unescaped(equals < 0 ? pair : pair.slice(0, equals));
    const value = unescaped(equals < 0 ? "" : pair.slice(equals + 1));
    if (key === name && value !== undefined) return value;
  }
  return undefined;
}

function unescaped(text: string): string | undefined {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return undefined;
  return text
    .replaceAll("+", " ")
    .replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
