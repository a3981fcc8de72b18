import type { CommandOutput } from "../schema/command.ts";

/** What the probes may ask of a machine. Nothing here changes it beyond files in a folder that is removed again. */
export interface Host {
  /** As in `process.platform`. */
  readonly platform: string;
  readonly nodeVersion: string;
  /** Effective user id; `undefined` where the platform has none. */
  readonly uid: number | undefined;
  readonly userName: string;
  /** Absolute path of a program on PATH or in the system's own folders. */
  find(program: string): Promise<string | undefined>;
  /** Runs to the end; a program that cannot be started gives exit code 127 and the reason on stderr. */
  run(argv: readonly [string, ...string[]], signal: AbortSignal): Promise<CommandOutput>;
  /** Starts a program that stays. Disposing ends it and waits for its end. */
  start(argv: readonly [string, ...string[]]): Daemon;
  /** The text of a file; `undefined` where it cannot be read. */
  readText(path: string): Promise<string | undefined>;
  isWritable(path: string): Promise<boolean>;
  /** Whether this user can listen on the port of the loopback address. */
  isFree(port: number): Promise<boolean>;
  /** A fresh folder of this user alone; disposing removes it. */
  temporaryFolder(): Promise<TemporaryFolder>;
}

export interface Daemon extends AsyncDisposable {
  /** Resolves with what the program printed when it ends. */
  readonly ended: Promise<CommandOutput>;
}

export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
  write(name: string, text: string, mode?: number): Promise<string>;
  link(name: string, target: string): Promise<string>;
}
