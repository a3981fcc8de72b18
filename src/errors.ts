import type { SluiceErrorCode } from "./error-codes.ts";

export interface SluiceErrorOptions {
  readonly cause?: unknown;
  /** Facts for machines (`field`, `line`, `column`, `file`, …); never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The one error class. The message says what was attempted, what happened and what to do. */
export class SluiceError extends Error {
  override readonly name: string = "SluiceError";
  readonly code: SluiceErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: SluiceErrorCode, message: string, options: SluiceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }
}
