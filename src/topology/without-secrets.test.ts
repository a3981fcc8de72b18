import { expect, test } from "vitest";
import { credentialsIn, withoutSecrets } from "./without-secrets.ts";

test.each([
  ["wrong password hunter2, hunter2!", ["hunter2"], "wrong password ***, ***!"],
  ['no: {"password":"pass\\"word"}', ['pass"word'], 'no: {"password":"***"}'],
  ["abcde and abcd", ["abcd", "abcde"], "*** and ***"],
  ["nothing is hidden", ["", "secret", "not"], "nothing is hidden"],
  ["costs $&$& more", ["$&$&"], "costs *** more"],
])("%j without %j is %j", (words, secrets, told) => {
  expect(withoutSecrets(words, secrets)).toBe(told);
});

test("a request's credentials are those of its header authorization, in any case and without the scheme", () => {
  expect(credentialsIn({ Authorization: "Bearer a b", accept: "x" })).toEqual(["a b"]);
  expect(credentialsIn({ authorization: "token" })).toEqual(["token"]);
  expect(credentialsIn({})).toEqual([]);
});
