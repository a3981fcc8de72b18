/** `T` with every field either there or absent. */
export type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** The object without the fields that are `undefined`: what zod reads as optional, our own types have as absent. */
export function defined<T extends object>(object: T): Defined<T>;
export function defined(object: object): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
