import { createServer } from "node:http";
import { SluiceError } from "../../errors.ts";

/** What a path answers with. */
export interface HealthAnswer {
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
}

export interface HealthServer extends AsyncDisposable {
  readonly port: number;
}

/**
 * Listens on all interfaces, for the probes of a pod, and answers by path; other paths are 404. Port 0 takes any that is free.
 * Throws `PORT_BUSY`, `INPUT_INVALID`.
 */
export async function startHealthServer(
  port: number,
  answers: Readonly<Record<string, () => HealthAnswer>>,
): Promise<HealthServer> {
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 5_000 }, (request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const answer = Object.hasOwn(answers, path) ? answers[path]?.() : undefined;
    const { status, body, contentType } = answer ?? notFound;
    response.writeHead(status, { "content-type": contentType });
    response.end(body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const isBusy = cause.code === "EADDRINUSE";
      const why = isBusy ? "is in use; name another as healthzPort" : `cannot be listened on: ${cause.message}`;
      reject(new SluiceError(isBusy ? "PORT_BUSY" : "INPUT_INVALID", `port ${port} ${why}`, { cause }));
    });
    server.listen(port, () => resolve());
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A probe's answer in words. */
export function plainAnswer(body: string, status = 200): HealthAnswer {
  return { status, body, contentType: "text/plain; charset=utf-8" };
}

const notFound = plainAnswer("404 page not found\n", 404);
