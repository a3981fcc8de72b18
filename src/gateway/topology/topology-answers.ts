import type { TopologyAnswer, TopologyRecord } from "../../topology/topology-store.ts";

/** An answer of the door; what it says goes out as it is. */
export interface DoorAnswer {
  readonly status: number;
  readonly body: Uint8Array;
  /** Absent where there is no body. */
  readonly contentType?: string;
  /** Errors say that nobody is to guess their kind. */
  readonly isError: boolean;
  readonly location?: string;
}

const plain = "text/plain; charset=utf-8";

/** Bytes as they are, of which text is the kind that is told; of none no kind is. */
export function textAnswer(status: number, text: string): DoorAnswer {
  const body = Buffer.from(text, "utf8");
  return { status, body, isError: false, ...(body.length > 0 && { contentType: plain }) };
}

/** An error is one line, which ends. */
export function errorAnswer(status: number, message: string): DoorAnswer {
  return { status, body: Buffer.from(`${message}\n`, "utf8"), contentType: plain, isError: true };
}

export function jsonAnswer(value: unknown): DoorAnswer {
  const body = Buffer.from(`${JSON.stringify(value)}\n`, "utf8");
  return { status: 200, body, contentType: "application/json", isError: false };
}

const htmlEscapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  '"': "&#34;",
  "'": "&#39;",
  "<": "&lt;",
  ">": "&gt;",
};

/** Sends the client to another path. */
export function movedAnswer(method: string, location: string): DoorAnswer {
  const shown = location.replace(/[&"'<>]/g, (character) => htmlEscapes[character] ?? "");
  const page = `<a href="${shown}">Moved Permanently</a>.\n\n`;
  const hasKind = method === "GET" || method === "HEAD";
  return {
    status: 301,
    body: Buffer.from(method === "GET" ? page : "", "utf8"),
    isError: false,
    location,
    ...(hasKind && { contentType: "text/html; charset=utf-8" }),
  };
}

/** What a request was answered with: the topology itself, that it is under way, or why there is none. */
export function resultAnswer({ status, body }: TopologyAnswer): DoorAnswer {
  return status === 200 || status === 202 ? textAnswer(status, body) : errorAnswer(status, body);
}

/** A submitted request as `/v1/requests` shows it. Times are ISO 8601. */
export function shownRecord(record: TopologyRecord): Readonly<Record<string, unknown>> {
  const { createdMs, startedMs, nextAttemptMs, endedMs, ...rest } = record;
  return {
    ...rest,
    createdAt: toIso(createdMs),
    ...(startedMs !== undefined && { startedAt: toIso(startedMs) }),
    ...(nextAttemptMs !== undefined && { nextAttemptAt: toIso(nextAttemptMs) }),
    ...(endedMs !== undefined && { endedAt: toIso(endedMs) }),
  };
}

function toIso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
