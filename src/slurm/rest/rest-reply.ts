import { z } from "zod";
import type { SluiceErrorCode } from "../../error-codes.ts";
import { SluiceError } from "../../errors.ts";
import { meaningOf } from "../commands/failure.ts";
import { quoteValue } from "../values/format-invalid.ts";

/** An answer of slurmrestd as it came. */
export interface RestReply {
  /** For messages: `POST job/submit`. */
  readonly request: string;
  readonly status: number;
  readonly text: string;
}

/** One of `errors` or `warnings`: `error_code` up to v0.0.38, `error_number` with a source and a description since. */
const Complaint = z.object({
  error: z.string().nullish(),
  error_code: z.int().nullish(),
  error_number: z.int().nullish(),
  description: z.string().nullish(),
});

const Complaints = z
  .array(Complaint)
  .nullish()
  .transform((list) => list ?? []);

/** What stands around every answer. */
const Envelope = z.looseObject({ errors: Complaints, warnings: Complaints });
export type RestEnvelope = z.infer<typeof Envelope>;

/** What a job that was taken held has for an error in v0.0.38, and for a warning since (slurm_errno.h, ESLURM_JOB_HELD). */
const jobIsHeld = 2042;

/**
 * Reads what stands around an answer. Throws `REPLY_UNREADABLE` for anything but such JSON, and `CLUSTER_UNREACHABLE` where
 * something between here and slurmrestd answered in its place: 502, 503, 504.
 */
export function readEnvelope({ request, status, text }: RestReply): RestEnvelope {
  let parsed: ReturnType<typeof Envelope.safeParse> | undefined;
  try {
    parsed = Envelope.safeParse(JSON.parse(text));
  } catch {
    // Told below, as what is JSON but no answer of slurmrestd.
  }
  if (parsed?.success === true) return parsed.data;
  const details = { program: "slurmrestd", request, status };
  if (status >= 502 && status <= 504) {
    const message = `${request} was answered with HTTP ${status}, not by slurmrestd: ${quoteValue(text.trim())}`;
    throw new SluiceError("CLUSTER_UNREACHABLE", message, { details: { ...details, mayHaveRun: true } });
  }
  const message = `the answer of slurmrestd to ${request} (HTTP ${status}) cannot be read: ${quoteValue(text.trim())}`;
  throw new SluiceError("REPLY_UNREADABLE", message, { details: { ...details, mayHaveRun: status < 400 } });
}

/** What slurmrestd complains of, in Slurm's own words on one line; empty where it does not. */
export function restWords({ errors }: RestEnvelope): string {
  const words = errors
    .filter(({ error_code: code }) => code !== jobIsHeld)
    .flatMap(({ description, error }) => [description, error])
    .filter((text) => text !== undefined && text !== null && text !== "");
  return [...new Set(words)].join("; ");
}

/** The numbers of slurm_errno.h in it. */
export function restErrorNumbers({ errors }: RestEnvelope): readonly number[] {
  return errors.flatMap(({ error_code: old, error_number: number }) => number ?? old ?? []);
}

/**
 * The error for a request that slurmrestd, or slurmctld behind it, refused: `CLUSTER_UNREACHABLE` and `JOB_NOT_FOUND` where
 * the words say so, otherwise `otherwise`.
 */
export function restFailure(reply: RestReply, envelope: RestEnvelope, otherwise: SluiceErrorCode): SluiceError {
  const words = restWords(envelope);
  const code = meaningOf(words) ?? otherwise;
  const said = words === "" ? `HTTP ${reply.status} and no word why` : words;
  return new SluiceError(code, `slurmrestd refused ${reply.request}: ${said}`, {
    details: { program: "slurmrestd", request: reply.request, status: reply.status, hop: "slurmctld" },
  });
}

/** Whether somebody refused the token, slurmrestd by its status or slurmctld by its word (slurm_errno.h, 1007). */
export function refusesToken({ status, text }: RestReply): boolean {
  if (status === 401 || status === 403 || status === 511) return true;
  return (
    status >= 400 && /"error_(?:number|code)": *1007\b|Protocol authentication error|Authentication failure/i.test(text)
  );
}

/** Whether no such path is known, which tells of another version of slurmrestd: its own 404 is no JSON. */
export function isUnknownPath({ status, text }: RestReply): boolean {
  return status === 404 && !text.trimStart().startsWith("{");
}
