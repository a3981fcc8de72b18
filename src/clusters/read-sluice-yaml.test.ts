import { expect, test } from "vitest";
import { readSluiceYaml } from "./read-sluice-yaml.ts";

test("clusters and the one that is meant where none is named", () => {
  const text =
    "default: site\nclusters:\n  site: {kind: slurm, slurm_conf: /etc/slurm/slurm.conf}\n  here: {kind: process}\n";
  expect(readSluiceYaml(text, "sluice.yaml")).toEqual({
    default: "site",
    clusters: { site: { kind: "slurm", slurm_conf: "/etc/slurm/slurm.conf" }, here: { kind: "process" } },
  });
});

test("a cluster behind a login node, with what the user's ssh configuration does not say", () => {
  const text = `clusters:
  far:
    kind: slurm
    ssh: {host: me@login.example.org, port: 2222, identity_file: ~/.ssh/far, options: {ProxyJump: hop, Compression: yes}}
    folder: ~/jobs
    work_directory: /scratch/me
`;
  expect(readSluiceYaml(text, "f").clusters["far"]).toEqual({
    kind: "slurm",
    ssh: {
      host: "me@login.example.org",
      port: 2222,
      identity_file: "~/.ssh/far",
      options: { ProxyJump: "hop", Compression: "yes" },
    },
    folder: "~/jobs",
    work_directory: "/scratch/me",
  });
});

test("who runs jobs as whom, for all clusters and for one", () => {
  const text = `clusters:
  far:
    kind: slurm
    ssh: {host: login.example.org, user: "{owner}"}
    owners: {ada: {user: adal}}
owners:
  ada: {user: ada, account: physics, accounts: [physics, astro]}
  "bob@example.org": {user: bob}
  "*": {user: same, matching: "[a-z]{3,8}"}
`;
  expect(readSluiceYaml(text, "f")).toMatchObject({
    clusters: { far: { ssh: { user: "{owner}" }, owners: { ada: { user: "adal" } } } },
    owners: {
      ada: { user: "ada", account: "physics", accounts: ["physics", "astro"] },
      "bob@example.org": { user: "bob" },
      "*": { user: "same", matching: "[a-z]{3,8}" },
    },
  });
});

const owners = (text: string): string => `clusters:\n  a: {kind: process}\nowners:\n  ${text}\n`;
const ssh = (text: string): string => `clusters:\n  a:\n    kind: slurm\n    ssh: ${text}\n`;

test.for([
  [ssh("{host: -oProxyCommand=touch}"), /^f:4:17: clusters\.a\.ssh\.host: takes a host/],
  [ssh('{host: "-l root@x"}'), /ssh\.host: takes a host/],
  [ssh('{host: "x y"}'), /ssh\.host: takes a host/],
  [ssh('{host: "$(id)@x"}'), /ssh\.host: takes a host/],
  [
    ssh("{host: x, user: -oProxyCommand=touch}"),
    /^f:4:26: clusters\.a\.ssh\.user: takes the name of a user, or \{owner\}/,
  ],
  [ssh("{host: me@x, user: you}"), /ssh\.user: is given beside a host that names one/],
  [owners("ada: {user: ../ada}"), /^f:4:15: owners\.ada\.user: takes the name of a Unix user/],
  [owners('"*": {user: same}'), /^f:4:8: owners\.\*\.matching: is missing: say which subjects/],
  [owners('"*": {user: same, matching: "("}'), /^f:4:31: owners\.\*\.matching: is no regular expression/],
  [owners("ada: {account: -a}"), /^f:4:18: owners\.ada\.account: takes the name of one Slurm account/],
  [ssh("{port: 22}"), /ssh\.host/],
  [ssh("{host: x, port: 70000}"), /ssh\.port/],
  [ssh("{host: x, password: y}"), /password/],
  [ssh("{host: x, identity_file: key}"), /ssh\.identity_file: takes an absolute path, or one that begins with ~/],
  [ssh("{host: x, options: {StrictHostKeyChecking: no}}"), /StrictHostKeyChecking: takes yes or accept-new/],
  [ssh("{host: x, options: {UserKnownHostsFile: /dev/null}}"), /UserKnownHostsFile: takes a file that keeps/],
  [ssh("{host: x, options: {ProxyCommand: touch}}"), /options\.ProxyCommand: ProxyCommand cannot be set here/],
  [ssh('{host: x, options: {HostName: "a\\nProxyCommand b"}}'), /options\.HostName: takes one line/],
  ["clusters:\n  a: {kind: process, ssh: {host: x}}\n", /ssh/],
  ["clusters:\n  a: {kind: slurm\n", /^f:\d+:\d+: not YAML/],
  ["clusters:\n  a:\n    kind: cray\n", /^f:3:11: clusters\.a\.kind/],
  ["clusters:\n  a: {kind: process}\nbogus: 1\n", /^f:\d+:\d+: .*bogus/],
  ["default: b\nclusters:\n  a: {kind: process}\n", /^f:1:10: default: names a cluster/],
  [
    "clusters:\n  a:\n    kind: slurm\n    slurm_conf: relative\n",
    /^f:4:17: clusters\.a\.slurm_conf: takes an absolute path/,
  ],
  [
    "clusters:\n  a: {kind: process, folder: ~me/jobs}\n",
    /clusters\.a\.folder: takes an absolute path, or one in the home there that begins with ~\//,
  ],
  ["", /^f:1:1: /],
] as const)("%j is refused with its place", ([text, message]) => {
  expect(() => readSluiceYaml(text, "f")).toThrow(
    expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringMatching(message) }),
  );
});
