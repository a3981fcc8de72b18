import type { IncomingMessage, ServerResponse } from "node:http";
import { SluiceError } from "../../errors.ts";
import type { DoorAnswer } from "./topology-answers.ts";

/** Bodies up to here are sent with their length, as Go's server does; longer ones in chunks. */
const longestWithLength = 2_048;
/** How long what a client still sends is taken and thrown away, so that it reads why it is refused. */
const lingerMs = 2_000;

/**
 * Writes an answer with the headers of Go's server, in its order. Where the body of the request was too much to be read, the
 * connection closes behind the answer.
 */
export function writeAnswer(request: IncomingMessage, response: ServerResponse, answer: DoorAnswer): void {
  const { status, body, contentType, isError, location } = answer;
  const isTooMuch = status === 413;
  const isKept = !isTooMuch && response.shouldKeepAlive;
  const isNewer = request.httpVersionMajor === 1 && request.httpVersionMinor >= 1;
  const hasLength = body.length <= longestWithLength;
  const isHead = request.method === "HEAD";
  const type = contentType === undefined ? [] : ["Content-Type", contentType];
  // Where Topograph names no kind, Go guesses it from the body and writes it behind the length.
  const isSet = isError || status === 301;
  const headers = [
    ...(isSet ? type : []),
    ...(location === undefined ? [] : ["Location", location]),
    ...(isError ? ["X-Content-Type-Options", "nosniff"] : []),
    "Date",
    new Date().toUTCString(),
    ...(hasLength ? ["Content-Length", String(body.length)] : []),
    ...(isSet ? [] : type),
    ...(isKept ? [] : ["Connection", "close"]),
    ...(!hasLength && isNewer && !isHead ? ["Transfer-Encoding", "chunked"] : []),
  ];
  response.sendDate = false;
  // HTTP/1.1 keeps connections without saying so.
  if (isNewer && isKept) response.removeHeader("connection");
  response.writeHead(status, headers);
  if (!isTooMuch || request.complete) {
    response.end(isHead ? undefined : body);
    return;
  }
  response.write(body);
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, lingerMs);
  request.once("end", end).once("close", end).resume();
}

/**
 * The bytes of a body, read no further than the bound. Throws `LIMIT_EXCEEDED`, and whatever a sender's breaking off throws.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = (): SluiceError =>
    new SluiceError("LIMIT_EXCEEDED", `the body is larger than ${maxBytes} bytes, the bound of this server`);
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  // The connection is still needed, to say why.
  const incoming: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
  for await (const chunk of incoming) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
