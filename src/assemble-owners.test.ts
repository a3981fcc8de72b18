import { describe, expect, test } from "vitest";
import { checkGuard, mapsOwners, ownerFaults, runAs, type Self } from "./assemble-owners.ts";
import { readConfig } from "./config.ts";
import type { ReadSettings } from "./clusters/settings-reader.ts";
import { SluiceYaml } from "./clusters/sluice-yaml.ts";
import { systemClock } from "./jobs/clock.ts";
import type { RunAs } from "./jobs/run-as.ts";
import { UnixAccounts } from "./remote/unix-accounts.ts";

const accounts = new UnixAccounts({ clock: systemClock, env: readConfig().environment });
const root: Self = { name: "root", isRoot: true };
const sluice: Self = { name: "sluice", isRoot: false };
const here = { kind: "slurm" };
const login = { kind: "slurm", ssh: { host: "login", user: "{owner}" } };
const oneLogin = { kind: "slurm", ssh: { host: "login" } };
const any = { user: "same", matching: "[a-z]+" };

function settings(cluster: object, owners?: object, isOpenToOthers = false): ReadSettings {
  const file = SluiceYaml.parse({ clusters: { c: cluster }, ...(owners !== undefined && { owners }) });
  return { file, path: "/etc/sluice.yaml", isOpenToOthers };
}

function ask(self: Self, read: ReadSettings, subject: string, isLocal = false): Promise<RunAs> {
  const entry = read.file.clusters["c"];
  if (entry === undefined) throw new Error("no cluster");
  return runAs({ self, accounts }, read, { name: "c", entry, caller: { subject, role: "admin", isLocal } });
}

describe("a gateway", () => {
  test.each<readonly [string, Self, object, object, RegExp]>([
    [
      "of an ordinary user",
      sluice,
      here,
      { ada: { user: "ada" } },
      /owners\.ada, .*only root can run jobs as ada, and this process is sluice/,
    ],
    ["of an ordinary user, with a rule", sluice, here, { "*": any }, /owners\.\*, .*only root can/],
    ["of root, with an owner who would be root", root, here, { ada: { account: "a" } }, /this process is root/],
    ["that reaches the cluster as one user", root, oneLogin, { ada: { user: "ada" } }, /give ssh\.user: "\{owner\}"/],
    [
      "of settings for one cluster",
      sluice,
      { ...here, owners: { ada: { user: "ada" } } },
      {},
      /clusters\.c\.owners\.ada/,
    ],
  ])("%s that cannot do what its settings ask for does not start", (_, self, cluster, owners, message) => {
    const [fault, ...others] = ownerFaults(self, settings(cluster, owners).file);
    expect(`${fault?.path.join(".")}, ${fault?.problem}`).toMatch(message);
    expect(others).toEqual([]);
  });

  test.each<readonly [string, Self, object, object | undefined, boolean]>([
    ["root may be anybody", root, here, { ada: { user: "ada" }, "*": any }, true],
    ["an ordinary user has accounts", sluice, here, { ada: { account: "a" }, me: { user: "sluice" } }, true],
    ["a login node lets owners in", sluice, login, { ada: { user: "ada" }, "*": any, bob: { account: "a" } }, true],
    [
      "a cluster's entry counts before",
      sluice,
      { ...here, owners: { ada: { account: "a" } } },
      { ada: { user: "ada" } },
      true,
    ],
    ["other kinds run all as one", sluice, { kind: "process" }, { ada: { user: "ada" } }, true],
    ["nothing is said of owners", root, here, undefined, false],
  ])("starts where %s", (_, self, cluster, owners, expected) => {
    const { file } = settings(cluster, owners);
    expect(ownerFaults(self, file)).toEqual([]);
    expect(mapsOwners(file)).toBe(expected);
  });

  test("neither starts nor runs a job by settings that others may write", async () => {
    const open = settings(here, { ada: { user: "nobody" } }, true);
    const refused = expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining("chmod go-w") });
    expect(() => checkGuard(open)).toThrow(refused);
    await expect(ask(root, open, "ada")).rejects.toThrow(refused);
  });
});

describe("jobs of a caller run", () => {
  test.each<readonly [string, Self, object, object | undefined, string, boolean, RunAs]>([
    ["as this process, where nothing is said", sluice, here, undefined, "ada", false, {}],
    [
      "as the user of the entry",
      root,
      here,
      { ada: { user: "nobody", account: "a" } },
      "ada",
      false,
      { user: "nobody", accounts: ["a"] },
    ],
    ["as this process, for who runs it", sluice, here, { ada: { account: "a" } }, "sluice", true, {}],
    ["as this process by a rule, for who runs it", sluice, login, { "*": any }, "sluice", true, { user: "sluice" }],
    ["as this process, by name", sluice, here, { ada: { user: "sluice" } }, "ada", false, { user: "sluice" }],
    ["as root, by name", root, here, { ada: { user: "root" } }, "ada", false, { user: "root" }],
    ["as the login of the rule", sluice, login, { "*": any }, "carol", false, { user: "carol" }],
    [
      "under an account alone",
      sluice,
      { kind: "process" },
      { ada: { account: "a" } },
      "ada",
      false,
      { accounts: ["a"] },
    ],
  ])("%s", async (_, self, cluster, owners, subject, isLocal, expected) => {
    expect(await ask(self, settings(cluster, owners), subject, isLocal)).toEqual(expected);
  });

  test.each<readonly [string, Self, object, object, string, boolean, RegExp]>([
    [
      "who is in no entry",
      root,
      here,
      { ada: { user: "nobody" } },
      "bob",
      false,
      /add "bob": \{user: NAME\} under owners in \/etc\/sluice\.yaml/,
    ],
    [
      "who says to be the user of this process",
      sluice,
      here,
      { ada: { account: "a" } },
      "sluice",
      false,
      /is mapped to no Unix user/,
    ],
    ["who is so called by a rule", sluice, here, { "*": any }, "sluice", false, /is the user of this process/],
    [
      "who runs this process as root",
      root,
      here,
      { ada: { user: "nobody" } },
      "root",
      true,
      /is mapped to no Unix user/,
    ],
    ["who would be root by a rule", root, here, { "*": any }, "root", false, /is mapped to no Unix user/],
    [
      "who would be a user of the system by a rule",
      root,
      here,
      { "*": any },
      "daemon",
      false,
      /is a user of the system, with uid 1,/,
    ],
    [
      "whose user is not there",
      root,
      here,
      { ada: { user: "nobody-of-that-name" } },
      "ada",
      false,
      /there is no Unix user/,
    ],
    [
      "on a cluster that runs all jobs as one",
      root,
      { kind: "process" },
      { ada: { user: "nobody" } },
      "ada",
      false,
      /of kind process all jobs run as root/,
    ],
    ["over a login that all share", sluice, oneLogin, { ada: { user: "ada" } }, "ada", false, /as one user over ssh/],
  ])("not at all for one %s", async (_, self, cluster, owners, subject, isLocal, message) => {
    await expect(ask(self, settings(cluster, owners), subject, isLocal)).rejects.toMatchObject({
      code: "FORBIDDEN",
      message: expect.stringMatching(message),
    });
  });
});
