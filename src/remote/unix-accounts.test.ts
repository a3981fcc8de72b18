import { expect, test } from "vitest";
import { readConfig } from "../config.ts";
import { systemClock } from "../jobs/clock.ts";
import { parseAccount, UnixAccounts } from "./unix-accounts.ts";

test("this host's users are found by their names alone", async () => {
  const accounts = new UnixAccounts({ clock: systemClock, env: readConfig().environment });
  expect(await accounts.find("root")).toMatchObject({ name: "root", uid: 0, gid: 0 });
  for (const name of ["0", "nobody-of-that-name", "-h", "root\nnobody", ""]) {
    expect(await accounts.find(name)).toBeUndefined();
  }
  expect(await accounts.nameOf(0)).toBe("root");
  expect(await accounts.nameOf(2 ** 31 + 7)).toBeUndefined();
});

test.each([
  ["ada:x:1001:100:A. L.:/home/ada:/bin/zsh\n", { uid: 1001, gid: 100, home: "/home/ada", shell: "/bin/zsh" }],
  ["ada:x:1001:100:::", { uid: 1001, gid: 100, home: "/", shell: "/bin/sh" }],
  ["bob:x:1001:100::/home/bob:/bin/sh", undefined],
  ["ada:x::100::/home/ada:/bin/sh", undefined],
  ["ada:x:0x0:100::/home/ada:/bin/sh", undefined],
  ["", undefined],
])("of %j is read what is there", (line, expected) => {
  expect(parseAccount(line, "ada")).toEqual(expected && { name: "ada", ...expected });
});
