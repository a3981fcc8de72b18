import type { z } from "zod";
import { readGoJson } from "../request/go-json-reader.ts";
import { TopologyError } from "../topology-error.ts";

/**
 * Reads the JSON that a service answered. Throws `TopologyError` (502) with what is wrong behind the given words, in
 * those that Go has for text which is no JSON; nothing of the reply itself is shown but a letter.
 */
export function readReply<T>(schema: z.ZodType<T>, text: string, words = ""): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new TopologyError(502, words + goWords(text), { cause: error });
  }
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
  throw new TopologyError(502, `${words}unexpected reply${where}: ${issue?.message ?? "of another form"}`);
}

function goWords(text: string): string {
  try {
    readGoJson(new TextEncoder().encode(text), { shallow: 0 });
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  return "the reply is no JSON";
}
