/** What Jest, and Vitest with `globals`, define for test files. */
const globals = (
  "describe suite test it bench expect expectTypeOf assert jest vi " +
  "beforeAll beforeEach afterAll afterEach fdescribe fit xdescribe xit xtest"
).split(" ");

/** As a function, it can be called, and instances made of it. */
function target(): void {}

const answers: ProxyHandler<object> = {
  get(_, key) {
    if (key === "then" || key === "__esModule") return undefined;
    if (key === Symbol.iterator) return () => [].values();
    if (key === Symbol.asyncIterator) return async function* none() {};
    if (key === Symbol.toPrimitive) return () => "";
    return nothing;
  },
};

/** Its prototype answers too: there the names are looked up that a bundler imports one by one. */
const prototype: object = new Proxy({}, answers);

/**
 * Has whatever is asked of it, and does nothing: a property, a call, an instance of it are it again, and functions that it is
 * given are not called. It can be awaited (`then` is not there), iterated (empty) and put into text (empty).
 */
const nothing: object = new Proxy(target, {
  ...answers,
  apply: () => nothing,
  construct: () => nothing,
  getPrototypeOf: () => prototype,
});

/**
 * Places the stand-in of test frameworks, which their modules are in a job, and in a test file also what they define globally,
 * unless it is there.
 */
export function standInForTests({ isTestFile }: { readonly isTestFile: boolean }): void {
  Reflect.set(globalThis, Symbol.for("sluice.test-stand-in"), nothing);
  if (!isTestFile) return;
  for (const name of globals) if (!Reflect.has(globalThis, name)) Reflect.set(globalThis, name, nothing);
}
