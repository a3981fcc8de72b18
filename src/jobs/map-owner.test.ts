import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Owners } from "../schema/owners.ts";
import { mapOwner } from "./map-owner.ts";

const owners = Owners.parse({
  ada: { user: "alovelace", account: "physics", accounts: ["astro", "physics"] },
  "bob@example.org": { user: "same" },
  "a1b2-c3": { accounts: ["guests"] },
  admin: { user: "root" },
  root: { user: "same" },
  "*": { user: "same", matching: "[a-z]+|-.*|.*/.*|1.*" },
});

describe("a subject", () => {
  test.each([
    ["ada", { user: "alovelace", accounts: ["physics", "astro"], isRule: false }],
    ["bob@example.org", { user: "bob@example.org", isRule: false }],
    ["a1b2-c3", { accounts: ["guests"], isRule: false }],
    ["admin", { user: "root", isRule: false }],
    ["carol", { user: "carol", isRule: true }],
    ["constructor", { user: "constructor", isRule: true }],
  ])("called %s is mapped by its entry, or by the rule that its whole name matches", (subject, expected) => {
    expect(mapOwner(subject, [owners])).toEqual(expected);
  });

  test.each(["root", "*", "Carol1", "carol\nmallory", "-oProxyCommand=x", "../etc", "1000", "", "carol "])(
    "called %j is mapped to nobody",
    (subject) => expect(mapOwner(subject, [owners])).toBeUndefined(),
  );

  test("is looked up in the cluster's own settings first, entries before rules", () => {
    const cluster = Owners.parse({ ada: { user: "ada" }, "*": { user: "guest", matching: ".*" } });
    expect(mapOwner("ada", [cluster, owners])?.user).toBe("ada");
    expect(mapOwner("admin", [cluster, owners])?.user).toBe("root");
    expect(mapOwner("carol", [cluster, owners])?.user).toBe("guest");
  });

  test("of any name becomes by a rule nobody but the user of that name, who is not root", () => {
    const every = Owners.parse({ "*": { user: "same", matching: "[^]*" } });
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("root", "__proto__")), (subject) => {
        const user = mapOwner(subject, [every])?.user;
        expect([undefined, subject]).toContain(user);
        expect(user ?? "nobody").toMatch(/^(?!root$)[A-Za-z_][A-Za-z0-9_.@-]*$/);
      }),
    );
  });
});

describe("settings of owners", () => {
  test.each([
    [{ ada: { user: "-rf" } }, "ada.user"],
    [{ ada: { user: "a b" } }, "ada.user"],
    [{ ada: { user: "0" } }, "ada.user"],
    [{ ada: { account: "a,b" } }, "ada.account"],
    [{ ada: { accounts: [] } }, "ada.accounts"],
    [{ ada: { group: "x" } }, "ada"],
    [{ ada: { user: "x", matching: "y" } }, "ada.matching"],
    [{ "*": { user: "same" } }, "*.matching"],
    [{ "*": { user: "same", matching: "(" } }, "*.matching"],
    [{ "*": { user: "root", matching: "x" } }, "*.user"],
  ])("such as %j are refused, naming %s", (settings, field) => {
    const issue = Owners.safeParse(settings).error?.issues[0];
    expect(issue?.path.join(".")).toBe(field);
  });
});
