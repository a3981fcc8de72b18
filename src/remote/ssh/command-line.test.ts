import * as fc from "fast-check";
import { expect, test } from "vitest";
import { SshDestination } from "../../schema/ssh-destination.ts";
import { sshArguments } from "./command-line.ts";

test("nothing asks, host keys are checked, nothing is forwarded, and the host comes after the options", () => {
  const args = sshArguments({ host: "me@login", port: 2222, identity_file: "~/.ssh/k", config_file: "/c" });
  expect(args.slice(0, 6)).toEqual(["-F", "/c", "-p", "2222", "-i", "~/.ssh/k"]);
  for (const setting of [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "ForwardAgent=no",
    "ClearAllForwardings=yes",
    "ControlMaster=no",
  ]) {
    expect(args[args.indexOf(setting) - 1]).toBe("-o");
  }
  expect(args.slice(-3)).toEqual(["--", "me@login", "exec /bin/sh -l"]);
});

test("what a project's file sets counts where Sluice has no say, and is given once", () => {
  const options = { ServerAliveInterval: "5", StrictHostKeyChecking: "accept-new", ProxyJump: "hop" };
  const args = sshArguments({ host: "login", options });
  const set = args.filter((arg) => arg.includes("=")).map((arg) => arg.split("=")[0]);
  expect(new Set(set).size).toBe(set.length);
  expect(args).toEqual(
    expect.arrayContaining(["ServerAliveInterval=5", "StrictHostKeyChecking=accept-new", "ProxyJump=hop"]),
  );
});

test("a login of its own is no option, and shares no connection that may be another's", () => {
  const args = sshArguments({ host: "login", user: "ada", options: { ControlPath: "/run/%h" } });
  expect(args[args.indexOf("-l") + 1]).toBe("ada");
  expect(args).toContain("ControlPath=none");
  expect(args.filter((arg) => arg.startsWith("ControlPath"))).toHaveLength(1);
  expect(sshArguments({ host: "login", user: "{owner}" })).not.toContain("-l");
});

test("no host that is accepted is read by ssh as an option or runs anything", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const { success } = SshDestination.safeParse({ host: text });
      return !success || /^[^\s'"`$\\;&|<>(){}-][^\s'"`$\\;&|<>(){}]*$/.test(text);
    }),
  );
  for (const host of ["-oProxyCommand=x", "-x@host", "a b", "$(id)@h", "h;id", "", "@h", "u@-oProxyCommand=x", "h\n"]) {
    expect(SshDestination.safeParse({ host }).success).toBe(false);
  }
  for (const host of ["login", "me@login.example.org", "u.v-w@10.0.0.1", "[::1]", "fe80::1%eth0", "DOMAIN+u@h_1"]) {
    expect(SshDestination.safeParse({ host }).success).toBe(true);
  }
});
