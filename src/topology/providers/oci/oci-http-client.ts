import { STATUS_CODES } from "node:http";
import type { DefaultRequestSigner, HttpClient } from "oci-common";
import type { Clock } from "../../../jobs/clock.ts";
import { isRetriable, retryAfterMs } from "../../retrying-fetch.ts";
import type { TopologyMetrics } from "../../topology-metrics.ts";

export interface OciHttpOptions {
  readonly signer: DefaultRequestSigner;
  readonly metrics: TopologyMetrics;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** One try may take so long, in milliseconds. */
  readonly deadlineMs: number;
}

const tries = 5;
const firstWaitMs = 500;

/** The SDK's own names of operations begin with a small letter, those that dashboards know with a large one. */
const pascalCase = (operation: string): string => operation.slice(0, 1).toUpperCase() + operation.slice(1);

/**
 * What the SDK sends its requests with: its own way of sending knows neither a deadline nor a signal, and its own way of
 * trying again neither the signal nor `Retry-After`.
 */
export function ociHttpClient({ signer, metrics, clock, signal, deadlineMs }: OciHttpOptions): HttpClient {
  return {
    async send(request, _excludeBody, _service, operation = "") {
      const startedAt = performance.now();
      const took = (status: string): void => {
        const labels = { method: pascalCase(operation), status };
        metrics.observe("topograph_oci_request_latency", labels, (performance.now() - startedAt) / 1000);
      };
      for (let count = 1; ; count++) {
        signal.throwIfAborted();
        // A request that is sent anew is signed anew, for its date is part of what is signed.
        request.headers.set("x-date", new Date(clock.now()).toUTCString());
        let response: Response;
        try {
          await signer.signHttpRequest(request);
          const { method, headers, uri } = request;
          response = await fetch(uri, {
            method,
            headers,
            signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]),
          });
        } catch (error) {
          took("Fatal");
          throw whyOf(error);
        }
        const { status } = response;
        if (!isRetriable(status) || count === tries) {
          took(`${status} ${STATUS_CODES[status] ?? ""}`.trimEnd());
          return response;
        }
        await response.body?.cancel();
        const asked = retryAfterMs(response.headers.get("retry-after") ?? undefined, clock.now());
        await clock.sleep(asked ?? firstWaitMs * 2 ** (count - 1), signal);
      }
    },
  };
}

/** Of what has no connection, `fetch` says no more than that it failed; why is its cause, or the first of several. */
function whyOf(error: unknown): unknown {
  if (!(error instanceof TypeError) || !(error.cause instanceof Error)) return error;
  const [first = error.cause]: unknown[] = error.cause instanceof AggregateError ? error.cause.errors : [];
  return first;
}
