import { z } from "zod";
import type { TokenScope } from "../../schema/api-token.ts";

/** Who may call: anybody, or the bearer of a token of at least that scope. */
export type OperationScope = "public" | TokenScope;

/** The body of an operation that takes bytes as they are, where others take JSON of their schema. */
export const Bytes = z.instanceof(Uint8Array);

/** What an operation answers with: JSON of a schema, or a stream or text of another kind. */
export type OperationResult<Schema extends z.ZodType = z.ZodType> =
  | { readonly status: number; readonly json: Schema; readonly what: string }
  | { readonly status: number; readonly media: readonly [string, ...string[]]; readonly what: string };

/**
 * One operation of the HTTP door. Routes, OpenAPI, the reference and the client are derived from it, so it is the one
 * place where the operation's wire shape stands.
 */
export interface Operation<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType | undefined = z.ZodType | undefined,
  Result extends OperationResult = OperationResult,
> {
  readonly id: string;
  readonly method: "get" | "post" | "patch" | "put";
  /** Parameters in braces: `/v1/jobs/{id}`. */
  readonly path: `/${string}`;
  /** The heading under which the reference has it. */
  readonly tag: "jobs" | "clusters" | "events" | "gateway";
  readonly scope: OperationScope;
  /** One sentence without its full stop. */
  readonly summary: string;
  /** What else is to know, in whole sentences. */
  readonly description?: string;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The most bytes of a body; 64 KiB where absent. */
  readonly maxBodyBytes?: number;
  /** Headers that it reads, with their meaning. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly result: Result;
  /** Other statuses with which the same shape may come, by their meaning. */
  readonly also?: Readonly<Record<number, string>>;
  /** A request that a test executes and the reference prints. */
  readonly example: {
    readonly params?: Readonly<Record<string, string>>;
    readonly query?: Readonly<Record<string, string>>;
    readonly headers?: Readonly<Record<string, string>>;
    /** A value; text where the body is `Bytes`. */
    readonly body?: unknown;
  };
}

/** Keeps the exact types of an operation. */
export function defineOperation<
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType | undefined,
  const Result extends OperationResult,
>(operation: Operation<Params, Query, Body, Result>): Operation<Params, Query, Body, Result> {
  return operation;
}

/** The path with its parameters filled in, each as one segment whatever is in it. */
export function pathOf(operation: Pick<Operation, "path">, params: Readonly<Record<string, unknown>>): string {
  return operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])));
}
