import { SluiceError } from "../../errors.ts";
import type { FileReference } from "./encoded-value.ts";
import { isTask, type JobReference } from "./job-marker.ts";

/** Ids of jobs, and files beside a result, become part of paths: nothing that could lead elsewhere. */
const plainName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export function unreadable(what: string): SluiceError {
  return new SluiceError("VALUE_UNREADABLE", `a value is not as Sluice writes it: ${what}`);
}

/** The fields of an object, none but those that are named. Throws `VALUE_UNREADABLE`. */
export function fieldsOf(tag: string, held: unknown, names: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof held !== "object" || held === null || Array.isArray(held)) throw unreadable(`${tag} holds no object`);
  const fields = Object.entries(held);
  const unknown = fields.find(([name]) => !names.includes(name));
  if (unknown !== undefined)
    throw unreadable(`${tag} has the unknown field ${JSON.stringify(unknown[0].slice(0, 40))}`);
  return Object.fromEntries(fields);
}

export function textIn(tag: string, held: unknown): string {
  if (typeof held !== "string") throw unreadable(`${tag} holds no text`);
  return held;
}

export function countIn(tag: string, held: unknown): number {
  if (!isTask(held)) throw unreadable(`${tag} holds no count`);
  return held;
}

export function listIn(tag: string, held: unknown): readonly unknown[] {
  if (!Array.isArray(held)) throw unreadable(`${tag} holds no list`);
  return held;
}

export function readJob(held: unknown): JobReference {
  const { id, task } = fieldsOf("$job", held, ["id", "task"]);
  if (typeof id !== "string" || !plainName.test(id)) throw unreadable("$job names no job");
  return task === undefined ? { id } : { id, task: countIn("$job", task) };
}

/** What `$bytes` says: the kind of the value, and its bytes or the file that has them. */
export function readBytes(
  held: unknown,
): { kind: string; inline: Uint8Array; file?: undefined } | { kind: string; file: FileReference } {
  const fields = fieldsOf("$bytes", held, ["kind", "base64", "sha256", "name", "length"]);
  const kind = textIn("$bytes", fields["kind"]);
  if (fields["base64"] !== undefined) return { kind, inline: fromBase64(textIn("$bytes", fields["base64"])) };
  const length = countIn("$bytes", fields["length"]);
  const { name, sha256 } = fields;
  if (typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256)) return { kind, file: { sha256, length } };
  if (typeof name === "string" && plainName.test(name)) return { kind, file: { name, length } };
  throw unreadable("$bytes names no file");
}

/** Node's own reader skips what is not base64. */
function fromBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text) throw unreadable("$bytes is no base64");
  return bytes;
}

export function fileKey(file: FileReference): string {
  return "name" in file ? file.name : file.sha256;
}

export function jobKey({ id, task }: JobReference): string {
  return `${id} ${String(task)}`;
}
