/**
 * Test frameworks, of which a job has a stand-in: so a task may be defined in a test file, whose tests are not run in the job.
 */
const frameworks =
  /^(vitest|jest|@jest\/globals|node:test|bun:test|@playwright\/test|sluice\/(testing|vitest|jest|node-test))(\/|$)/;

/** Whether what is imported by this name is a test framework. */
export function isTestFramework(specifier: string): boolean {
  return frameworks.test(specifier);
}

/** Whether frameworks take a file for one of tests, by its name: such a file may use what they define globally. */
export function isTestFile(path: string): boolean {
  return /\.(test|spec)\.[cm]?[jt]sx?$|\/__tests__\//.test(path);
}

/** What is imported of a framework is the stand-in, which `standInForTests` has placed. */
const standIn = 'globalThis[Symbol.for("sluice.test-stand-in")]';

/** The stand-in as a CommonJS module, of which a bundler takes whatever names are asked for. */
export const frameworkStub = `module.exports = ${standIn};`;

/** The stand-in as a module that exports these names. */
export function frameworkModule(names: readonly string[]): string {
  const exported = names.map((name, index) => `const name${index} = nothing;\nexport { name${index} as ${name} };`);
  return [`const nothing = ${standIn};`, "export default nothing;", ...exported].join("\n");
}
