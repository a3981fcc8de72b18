import { expect, test } from "vitest";
import { explainSshEnd, lastWords } from "./failure.ts";

const destination = { host: "me@login", port: 2222 };

test.for([
  ["Host key verification failed.", "host-key-unknown", "ssh-keyscan -p 2222 login"],
  [
    "No ED25519 host key is known for login and you have requested strict checking.",
    "host-key-unknown",
    "ssh -p 2222 me@login",
  ],
  [
    "@@@@\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\n@@@@\nHost key verification failed.",
    "host-key-changed",
    "ssh-keygen -R '[login]:2222'",
  ],
  ["me@login: Permission denied (publickey,gssapi-with-mic).", "login-refused", "(publickey,gssapi-with-mic)"],
  ["Received disconnect from 1.2.3.4: Too many authentication failures", "login-refused", "refused the login"],
  ["ssh: Could not resolve hostname login: Name or service not known", "no-such-host", 'no host "login"'],
  ["ssh: connect to host login port 2222: No route to host", "no-route", "does not answer"],
  ["ssh: connect to host login port 2222: Connection timed out", "no-route", "timed out"],
  ["kex_exchange_identification: Connection closed by remote host", "no-route", "does not answer"],
  ["This account is currently not available.", "ended", "This account is currently not available."],
  ["", "ended", "ended before it was ready; try"],
] as const)("%j is explained as %s", ([said, reason, part]) => {
  const error = explainSshEnd(destination, said);
  expect(error).toMatchObject({
    code: "CLUSTER_UNREACHABLE",
    details: { reason, host: "me@login", mayHaveRun: false },
  });
  expect(error.message).toContain(part);
});

test("last words come without colours, bells and frames of at signs, and not too many", () => {
  expect(lastWords("\u001b[31mred\u001b[0m\r\n@@@@@@\n\n\u0007bell\n")).toBe("red; bell");
  expect(lastWords("line\n".repeat(1000))).toBe("line; line; line");
  expect(lastWords("x".repeat(10_000))).toHaveLength(500);
});
