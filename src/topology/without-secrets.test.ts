import { expect, test } from "vitest";
import { withoutSecrets } from "./without-secrets.ts";

test.each([
  ["wrong password hunter2, hunter2!", ["hunter2"], "wrong password ***, ***!"],
  ['no: {"password":"a\\"b"}', ['a"b'], 'no: {"password":"***"}'],
  ["abc and ab", ["ab", "abc"], "*** and ***"],
  ["nothing is hidden", ["", "secret"], "nothing is hidden"],
  ["costs $& more", ["$&"], "costs *** more"],
])("%j without %j is %j", (words, secrets, told) => {
  expect(withoutSecrets(words, secrets)).toBe(told);
});
