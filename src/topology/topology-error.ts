import { SluiceError } from "../errors.ts";

/** A failure with the HTTP status that its request answers with; the message is the whole body. */
export class TopologyError extends SluiceError {
  override readonly name: string = "TopologyError";
  readonly status: number;

  constructor(status: number, message: string, options: { readonly cause?: unknown } = {}) {
    super(codeOf(status), message, { ...options, details: { status } });
    this.status = status;
  }
}

function codeOf(status: number): "TOPOLOGY_REFUSED" | "TOPOLOGY_SOURCE_FAILED" | "TOPOLOGY_FAILED" {
  if (status < 500) return "TOPOLOGY_REFUSED";
  return status === 500 ? "TOPOLOGY_FAILED" : "TOPOLOGY_SOURCE_FAILED";
}
