/**
 * Test frameworks, of which a bundle has a stand-in: so a task may be defined in a test file, whose tests are not run in
 * the job.
 */
const frameworks =
  /^(vitest|jest|@jest\/globals|node:test|bun:test|@playwright\/test|sluice\/(testing|vitest|jest|node-test))(\/|$)/;

/** Whether what is imported by this name is a test framework. */
export function isTestFramework(specifier: string): boolean {
  return frameworks.test(specifier);
}

/**
 * A CommonJS module that has whatever is asked of it, and does nothing: a property, a call, an instance of it are it again, and
 * functions that it is given are not called. It can be awaited (`then` is not there), iterated (empty) and put into text (empty).
 * Its prototype answers too: there the names are looked up that a bundler imports one by one.
 */
export const frameworkStub = `
const answers = {
  get(target, key) {
    if (key === "then" || key === "__esModule") return undefined;
    if (key === Symbol.iterator) return function* () {};
    if (key === Symbol.asyncIterator) return async function* () {};
    if (key === Symbol.toPrimitive) return () => "";
    return nothing;
  },
};
const prototype = new Proxy({}, answers);
const nothing = new Proxy(function () {}, {
  ...answers,
  apply: () => nothing,
  construct: () => nothing,
  getPrototypeOf: () => prototype,
});
module.exports = nothing;
`;
