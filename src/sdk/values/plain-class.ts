/**
 * Whether an object is plain: made by `{}` or `Object.create(null)`, in this realm or another (Jest runs tests in one of
 * their own).
 */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || isRoot(prototype);
}

/**
 * Whether an object of a built-in class is of that class itself, which stands so many prototypes below `Object.prototype`,
 * and not of one that extends it, which would come back without what that adds.
 */
export function isOfBuiltIn(value: object, depth: number): boolean {
  let prototype: unknown = value;
  for (let step = 0; step <= depth; step += 1) {
    if (typeof prototype !== "object" || prototype === null) return false;
    prototype = Object.getPrototypeOf(prototype);
  }
  return isRoot(prototype);
}

/** The name of an object's class, for people. */
export function classNameOf(value: object): string {
  const { constructor } = value;
  const name: unknown = typeof constructor === "function" ? constructor.name : undefined;
  return typeof name === "string" && name !== "" ? name : Object.prototype.toString.call(value).slice(8, -1);
}

function isRoot(prototype: unknown): boolean {
  return (
    prototype === Object.prototype ||
    (typeof prototype === "object" &&
      prototype !== null &&
      Object.getPrototypeOf(prototype) === null &&
      Object.hasOwn(prototype, "isPrototypeOf"))
  );
}
