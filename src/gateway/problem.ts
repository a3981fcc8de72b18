import { errorCodes, type SluiceErrorCode } from "../error-codes.ts";
import { SluiceError } from "../errors.ts";
import type { Problem } from "../schema/api-problem.ts";

const titles: Readonly<Record<number, string>> = {
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  421: "Misdirected Request",
  500: "Internal Server Error",
};

/** An error as a problem (RFC 9457). What is no `SluiceError` is a mistake in the program, of which a client is told nothing. */
export function toProblem(error: unknown, requestId: string): Problem {
  if (!(error instanceof SluiceError)) {
    return statusProblem(500, `a mistake in the gateway itself; its log has it under request ${requestId}`, requestId);
  }
  const { http, retry, meaning, remedy } = errorCodes[error.code];
  return {
    type: `/docs/errors.md#${error.code.toLowerCase()}`,
    title: meaning,
    status: http,
    detail: error.message,
    code: error.code,
    instance: requestId,
    retry,
    remedy,
    ...(Object.keys(error.details).length > 0 && { details: error.details }),
  };
}

const codeOfStatus: Readonly<Record<number, SluiceErrorCode>> = {
  401: "UNAUTHENTICATED",
  403: "FORBIDDEN",
  429: "RATE_LIMITED",
};

/** A refusal that is told by its HTTP status; those that a client can do something about have a code of ours too. */
export function statusProblem(status: number, detail: string, requestId: string): Problem {
  const code = codeOfStatus[status];
  if (code !== undefined) return toProblem(new SluiceError(code, detail), requestId);
  return {
    type: "about:blank",
    title: titles[status] ?? "Error",
    status,
    detail,
    instance: requestId,
    retry: false,
  };
}

/** The answer that carries a problem. */
export function problemResponse(problem: Problem, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { "content-type": "application/problem+json", "cache-control": "no-store", ...headers },
  });
}
