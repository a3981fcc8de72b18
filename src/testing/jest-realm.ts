import { types } from "node:util";

/**
 * Jest gives each test file a global scope of its own, with an `Error` of its own, of which errors of Node's modules are no
 * instances (`ENOENT` of `fs`). Here they are made to count as such in this scope, as everywhere else.
 */
export function knowErrorsOfNode(): void {
  const isInstance = Function.prototype[Symbol.hasInstance];
  Object.defineProperty(Error, Symbol.hasInstance, {
    configurable: true,
    value(this: unknown, value: unknown): boolean {
      return (this === Error && types.isNativeError(value)) || isInstance.call(this, value);
    },
  });
}
