import { SluiceError } from "../../errors.ts";
import { quoteAll } from "../../schema/quote.ts";
import type { SshDestination } from "../../schema/ssh-destination.ts";

/** What is wrong, for machines: `details.reason` of the error. */
export type SshFailure =
  | "host-key-changed"
  | "host-key-unknown"
  | "login-refused"
  | "no-such-host"
  | "no-route"
  | "no-ssh"
  | "no-perl"
  | "configuration"
  | "lost"
  | "no-answer"
  | "ended";

/**
 * The error for a channel that did not open or was lost. `mayHaveRun`: a command had been sent, so nobody here knows
 * whether it ran.
 */
export function unreachable(
  { host }: { readonly host: string },
  reason: SshFailure,
  words: string,
  { mayHaveRun = false, cause }: { readonly mayHaveRun?: boolean; readonly cause?: unknown } = {},
): SluiceError {
  return new SluiceError("CLUSTER_UNREACHABLE", words, {
    ...(cause !== undefined && { cause }),
    details: { host, reason, mayHaveRun },
  });
}

/** What ssh said before it ended without a channel, as an error with what to do. `said` is its standard error. */
export function explainSshEnd(destination: SshDestination, said: string): SluiceError {
  const { host, port } = destination;
  const words = lastWords(said);
  const by = (reason: SshFailure, message: string): SluiceError => unreachable(destination, reason, message);
  const name = host.slice(host.lastIndexOf("@") + 1);
  const at = port === undefined || port === 22 ? name : `[${name}]:${port}`;
  const login = quoteAll(["ssh", ...(port === undefined ? [] : ["-p", String(port)]), host]);

  if (/REMOTE HOST IDENTIFICATION HAS CHANGED|host key .*has changed/i.test(said)) {
    return by(
      "host-key-changed",
      `the host key of ${host} is not the one that is known; nothing was sent. It is a new machine, or somebody in between: ` +
        `ask its administrators, and only then run ${quoteAll(["ssh-keygen", "-R", at])} and log in once with: ${login}`,
    );
  }
  if (/host key verification failed|host key is known for|key is not known|revoked/i.test(said)) {
    const scan = quoteAll(["ssh-keyscan", ...(port === undefined ? [] : ["-p", String(port)]), name]);
    return by(
      "host-key-unknown",
      `the host key of ${host} is not known here; log in once with: ${login}, and compare the fingerprint that it shows; ` +
        `or check the output of: ${scan}, and add it to ~/.ssh/known_hosts`,
    );
  }
  if (/Permission denied|Too many authentication failures|No supported authentication methods/i.test(said)) {
    return by(
      "login-refused",
      `${host} refused the login: ${words}; nothing is asked for here, so a key, certificate or ticket must be at hand: try: ssh -o BatchMode=yes ${host} true`,
    );
  }
  if (/Could not resolve hostname/i.test(said)) {
    return by("no-such-host", `there is no host "${name}": ${words}; check the name in sluice.yaml`);
  }
  if (
    /Bad configuration option|Bad owner or permissions|terminating, \d+ bad configuration|Can't open user config/i.test(
      said,
    )
  ) {
    return by("configuration", `ssh does not accept its configuration: ${words}`);
  }
  if (
    /Connection (?:refused|timed out|reset|closed)|No route to host|unreachable|banner exchange|kex_exchange/i.test(
      said,
    )
  ) {
    return by("no-route", `${host} does not answer: ${words}; try: ${login} true`);
  }
  return by("ended", `ssh to ${host} ended before it was ready${words === "" ? "" : `: ${words}`}; try: ${login} true`);
}

/** The last lines of what a program said, on one line, without what a terminal would act upon. */
export function lastWords(said: string): string {
  return (
    said
      .split(/[\r\n]+/)
      // oxlint-disable-next-line eslint/no-control-regex -- these are what is taken out
      .map((line) => line.replaceAll(/\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x1f\x7f]/g, "").trim())
      .filter((line) => line !== "" && !/^@+$/.test(line))
      .slice(-3)
      .join("; ")
      .slice(-500)
  );
}
