/** A pattern for a message: one that is given as text is that text and nothing more. */
export function exactWords(message: string | RegExp): RegExp {
  if (typeof message !== "string") return message;
  return new RegExp(`^${message.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`);
}
