/** Errors that come back as what they were; others come back as the nearest of these that they extend, with their name. */
export const errorTypes: ReadonlyMap<string, (message?: string) => Error> = new Map([
  ["Error", (message?: string) => new Error(message)],
  ["TypeError", (message?: string) => new TypeError(message)],
  ["RangeError", (message?: string) => new RangeError(message)],
  ["SyntaxError", (message?: string) => new SyntaxError(message)],
  ["ReferenceError", (message?: string) => new ReferenceError(message)],
  ["EvalError", (message?: string) => new EvalError(message)],
  ["URIError", (message?: string) => new URIError(message)],
  ["AggregateError", (message?: string) => new AggregateError([], message)],
]);

export interface ErrorParts {
  readonly type: string;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause: { readonly value: unknown } | undefined;
  readonly errors: { readonly value: unknown } | undefined;
  /** Names of its own fields beside these. */
  readonly fields: readonly string[];
}

const parts: ReadonlySet<string> = new Set(["name", "message", "stack", "cause", "errors"]);

export function errorPartsOf(error: object): ErrorParts {
  const type = nearestType(error);
  const stack: unknown = Reflect.get(error, "stack");
  const own = (name: string): { readonly value: unknown } | undefined =>
    Object.hasOwn(error, name) ? { value: Reflect.get(error, name) } : undefined;
  return {
    type,
    name: textOf(error, "name"),
    message: textOf(error, "message"),
    stack: typeof stack === "string" ? stack : undefined,
    cause: own("cause"),
    errors: type === "AggregateError" ? own("errors") : undefined,
    fields: fieldsOf(error, type),
  };
}

/** Enumerable fields, and `code`, which some of Node's own errors hide. */
function fieldsOf(error: object, type: string): string[] {
  const names = new Set([...Object.keys(error), ...(Object.hasOwn(error, "code") ? ["code"] : [])]);
  return [...names].filter((name) => !parts.has(name) || (name === "errors" && type !== "AggregateError"));
}

function nearestType(error: object): string {
  for (let prototype: unknown = Object.getPrototypeOf(error); typeof prototype === "object" && prototype !== null;) {
    const { constructor } = prototype;
    if (typeof constructor === "function" && errorTypes.has(constructor.name)) return constructor.name;
    prototype = Object.getPrototypeOf(prototype);
  }
  return "Error";
}

function textOf(error: object, name: string): string {
  const text: unknown = Reflect.get(error, name);
  return typeof text === "string" ? text : String(text);
}
