/** The long name of an option of sbatch as a field of a program's: `ntasks-per-node` as `ntasksPerNode`. */
export function toCamelCase(name: string): string {
  return name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
