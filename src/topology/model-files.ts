/** The names of the models that come with Sluice, in byte order. */
export function builtInModels(): readonly string[] {
  return [];
}

/**
 * The text of a model. A bare name is one that comes with Sluice, a path is read from disk; a path in a folder
 * `tests/models`, where there is no such file, is the model of its name that comes with Sluice. Throws `Error`, worded as a
 * request's answer shows it: `failed to read F: open F: no such file or directory`. This is `TopologyHost.readModel`.
 */
export async function readModelFile(fileName: string, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  throw new Error(`failed to read ${fileName}: open models/${fileName}: file does not exist`);
}
