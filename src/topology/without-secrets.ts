/** What is shorter keeps no secret, and is found in any words. */
const shortest = 4;

/**
 * Words of others, such as those of a server that refuses a request, without the secrets that they were sent: some repeat what
 * they got, as it was or as JSON writes it.
 */
export function withoutSecrets(words: string, secrets: readonly string[]): string {
  const forms = secrets
    .filter((secret) => secret.length >= shortest)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  // The longer first, for one may be a part of another.
  return forms.sort((a, b) => b.length - a.length).reduce((told, form) => told.replaceAll(form, "***"), words);
}

/** What a request's headers authenticate with, without the name of the scheme. */
export function credentialsIn(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    name.toLowerCase() === "authorization" ? [value.replace(/^\S+ /, "")] : [],
  );
}
