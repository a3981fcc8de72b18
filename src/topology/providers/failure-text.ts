/**
 * What a cloud's client says of a failure: the error's name, where it has one that tells more than that it is an error, and its
 * message. Nothing else of it is shown, for clients hang requests with their headers onto errors.
 */
export function failureText(error: unknown): string {
  // Oracle's client throws plain objects.
  if (typeof error === "object" && error !== null && !(error instanceof Error)) {
    return "message" in error && typeof error.message === "string" ? error.message : "unknown failure";
  }
  if (!(error instanceof Error)) return String(error);
  const { name, message } = error;
  return name === "Error" || name === "" || message.startsWith(`${name}:`) ? message : `${name}: ${message}`;
}
