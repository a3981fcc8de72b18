import { describe, expect, test } from "vitest";
import { specFromOptions } from "../../create-options.ts";
import { nativePaths } from "./paths.ts";
import { sshConfig, sshdConfig } from "./ssh-files.ts";

const spec = specFromOptions({ name: "dev", preset: "multi-node" });

/** Both files of a cluster in `directory`, as keyword → the words after it. */
function filesIn(directory: string): { readonly server: Map<string, string>; readonly client: Map<string, string> } {
  const paths = nativePaths(directory, `${directory}/run`);
  return {
    server: settings(sshdConfig({ port: 2222, paths, searchPath: "/usr/sbin:/opt/my tools" })),
    client: settings(sshConfig({ port: 2222, paths, user: "ada", spec })),
  };
}

function settings(text: string): Map<string, string> {
  const lines = text.split("\n").map((line) => line.trim());
  const pairs = lines.filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(pairs.map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]));
}

describe("paths in ssh's configuration", () => {
  test("stand bare where nothing in them is special", () => {
    const { server, client } = filesIn("/w/dev");
    expect(server.get("HostKey")).toBe("/w/dev/keys/ssh_host_ed25519_key");
    expect(server.get("AuthorizedKeysFile")).toBe("/w/dev/keys/id_ed25519.pub");
    expect(client.get("IdentityFile")).toBe("/w/dev/keys/id_ed25519");
  });

  test.each([
    ["/w/my cluster", '"/w/my cluster/keys/id_ed25519"', '"SLURM_CONF=/w/my cluster/config/slurm.conf"'],
    ["/w/it's", '"/w/it\'s/keys/id_ed25519"', '"SLURM_CONF=/w/it\'s/config/slurm.conf"'],
    ['/w/a"b', '"/w/a\\"b/keys/id_ed25519"', '"SLURM_CONF=/w/a\\"b/config/slurm.conf"'],
    ["/w/a\\b", '"/w/a\\\\b/keys/id_ed25519"', '"SLURM_CONF=/w/a\\\\b/config/slurm.conf"'],
    ["/w/a#b", '"/w/a#b/keys/id_ed25519"', '"SLURM_CONF=/w/a#b/config/slurm.conf"'],
    ["/w/%h", "/w/%%h/keys/id_ed25519", "SLURM_CONF=/w/%h/config/slurm.conf"],
    ["/w/ %u", '"/w/ %%u/keys/id_ed25519"', '"SLURM_CONF=/w/ %u/config/slurm.conf"'],
  ])("with %s are one word, and `%%` is no token where ssh has tokens", (directory, key, variable) => {
    const { server, client } = filesIn(directory);
    expect(client.get("IdentityFile")).toBe(key);
    expect(server.get("SetEnv")).toBe(`${variable} "PATH=/usr/sbin:/opt/my tools"`);
  });
});

test("the server takes the key alone, on loopback alone", () => {
  const { server } = filesIn("/w/dev");
  expect(Object.fromEntries(server)).toMatchObject({
    Port: "2222",
    ListenAddress: "127.0.0.1",
    PasswordAuthentication: "no",
    KbdInteractiveAuthentication: "no",
    PermitRootLogin: "prohibit-password",
  });
});

test("the client checks the host key, and has one host per node that says which node it means", () => {
  const { client } = filesIn("/w/dev");
  expect(Object.fromEntries(client)).toMatchObject({ StrictHostKeyChecking: "yes", HostKeyAlias: "dev", User: "ada" });
  const paths = nativePaths("/w/dev", "/w/dev/run");
  const text = sshConfig({ port: 2222, paths, user: "ada", spec });
  expect(
    [...text.matchAll(/^Host (\S+)\n {2}SetEnv SLURMD_NODENAME=(\S+)$/gm)].map(([, host, node]) => [host, node]),
  ).toEqual([
    ["controller", "controller"],
    ["compute-0", "compute-0"],
    ["compute-1", "compute-1"],
  ]);
});
