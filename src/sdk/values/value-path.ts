import { SluiceError } from "../../errors.ts";
import type { SluiceErrorCode } from "../../error-codes.ts";

/** Why a value cannot be encoded, on its way up to where the value began; each floor adds how it reached it. */
export class Refusal extends Error {
  readonly code: SluiceErrorCode;
  readonly reason: string;
  readonly remedy: string;
  #path = "";

  constructor(
    reason: string,
    remedy: string,
    options: { readonly code?: SluiceErrorCode; readonly cause?: unknown } = {},
  ) {
    super(reason, { cause: options.cause });
    this.code = options.code ?? "NOT_SERIALISABLE";
    this.reason = reason;
    this.remedy = remedy;
  }

  /** Returns itself, to be thrown again. */
  from(step: string): this {
    this.#path = step + this.#path;
    return this;
  }

  /** The error for the user: `args[0].model.loss is a function; …`. */
  toError(root: string): SluiceError {
    const path = shortened(root + this.#path);
    return new SluiceError(this.code, `${path} ${this.reason}; ${this.remedy}`, {
      details: { field: path },
      ...(this.cause === undefined ? {} : { cause: this.cause }),
    });
  }
}

/** How a field is written after what has it: `.loss`, `["two words"]`. */
export function fieldStep(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key)
    ? `.${key}`
    : `[${JSON.stringify(key.length > 60 ? `${key.slice(0, 60)}…` : key)}]`;
}

/** How an entry of a Map is written after it: `.get("loss")`; of keys that are no text, by position. */
export function entryStep(key: unknown, position: number): string {
  return typeof key === "string" || typeof key === "number"
    ? `.get(${JSON.stringify(key)})`
    : `.get(key ${String(position)})`;
}

/** A path of a thousand steps helps nobody: its beginning and its end. */
function shortened(path: string): string {
  return path.length <= 300 ? path : `${path.slice(0, 150)} … ${path.slice(-140)}`;
}
