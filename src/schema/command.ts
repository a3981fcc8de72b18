/** What a finished command left behind. Text is UTF-8; `exitCode` is 128 + signal for a command that a signal ended. */
export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/**
 * A command as a value: what to run, and how to read what it prints. It does no I/O, so a test of it is a string.
 * `argv` stays an array until the one place that must quote it.
 */
export interface Command<T> {
  readonly argv: readonly [string, ...string[]];
  /** Variables laid over the runner's environment; `undefined` removes one. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string | Uint8Array;
  /** Throws a `SluiceError` where the output says that the command failed or cannot be read. */
  parse(output: CommandOutput): T;
}
