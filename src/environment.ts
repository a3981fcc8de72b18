/** The variables of this process. It is read here alone; what of it means something is said in `config.ts`. */
export function readEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}

/** Sets a variable for this process and those that it starts from here on. */
export function setVariable(name: string, value: string): void {
  process.env[name] = value;
}
