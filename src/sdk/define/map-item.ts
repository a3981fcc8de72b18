/** The arguments of one item of `map`: an array is the list of them, anything else the first of them. */
export function toCall(item: unknown): readonly unknown[] {
  return Array.isArray(item) ? item : [item];
}
