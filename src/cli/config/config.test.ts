import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openWorkspace } from "../../../test/sluice.ts";

const good = `default: here
clusters:
  here: {kind: process}
  pretend: {kind: mock, nodes: [{name: "n[1-3]"}], faults: [{fault: unreachable, to: find}]}
  far: {kind: slurm, ssh: {host: login.example.org, user: me, port: 2222}, requests: {burst: 9, per_second: 3}}
`;

describe("sluice config check", () => {
  test("finds the nearest file upwards, and says that all is well", async () => {
    await using workspace = await openWorkspace();
    await writeFile(join(workspace.cwd, "..", "sluice.yaml"), good);
    const ended = await workspace.inProcess("config", "check");
    expect(ended).toMatchObject({ exitCode: 0, stderr: "" });
    expect(ended.stdout).toMatch(/sluice\.yaml: all is well; 3 clusters\n$/);
  });

  test("says all that is wrong, as an editor can read it, with what would help", async () => {
    await using workspace = await openWorkspace();
    const text = "clusters:\n  a: {kind: slrum}\n  b: {kind: process, foldr: /x}\n";
    await writeFile(join(workspace.cwd, "sluice.yaml"), text);
    const ended = await workspace.inProcess("config", "check");
    expect(ended.exitCode).toBe(78);
    expect(ended.stdout.replaceAll(`${workspace.cwd}/`, "").split("\n")).toEqual([
      'sluice.yaml:2:13: clusters.a.kind: takes slurm, slurm-rest, process or mock, not "slrum"',
      "  Did you mean slurm? Give one of slurm, slurm-rest, process, mock.",
      'sluice.yaml:3:22: clusters.b.foldr: there is no field "foldr"',
      "  Did you mean folder? Known here: kind, folder.",
      "",
    ]);
    const machine = await workspace.inProcess("config", "check", "--json", "sluice.yaml");
    expect(JSON.parse(machine.stdout)).toMatchObject({
      file: join(workspace.cwd, "sluice.yaml"),
      valid: false,
      problems: [{ line: 2, column: 13, field: "clusters.a.kind", suggestion: "slurm" }, { line: 3 }],
    });
  });

  test("says where owners are mapped to users as whom this process cannot run their jobs, and no gateway starts so", async () => {
    await using workspace = await openWorkspace();
    const text = "clusters:\n  far: {kind: slurm, ssh: {host: login}}\nowners:\n  ada: {user: ada}\n";
    await writeFile(join(workspace.cwd, "sluice.yaml"), text, { mode: 0o600 });
    const fault = /sluice\.yaml:4:8: owners\.ada: on cluster "far": .*give ssh\.user: "\{owner\}"/;
    const checked = await workspace.inProcess("config", "check");
    expect(checked.exitCode).toBe(78);
    expect(checked.stdout).toMatch(fault);
    const served = await workspace.inProcess("serve", "--listen", "127.0.0.1:0");
    expect(served.exitCode).toBe(78);
    expect(served.stderr).toMatch(fault);
    const shared = await workspace.inProcess(
      "serve",
      "--listen",
      "127.0.0.1:0",
      "--shared-socket",
      join(workspace.cwd, "s"),
    );
    expect(shared.exitCode).toBe(78);
  });

  test("a socket for everybody is opened only where owners are mapped", async () => {
    await using workspace = await openWorkspace();
    const served = await workspace.inProcess(
      "serve",
      "--listen",
      "127.0.0.1:0",
      "--shared-socket",
      join(workspace.cwd, "s"),
    );
    expect(served).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--shared-socket needs owners") });
  });

  test("names in the file cannot steer a terminal", async () => {
    await using workspace = await openWorkspace();
    await writeFile(join(workspace.cwd, "sluice.yaml"), 'clusters: {"\\e[31m\\nx": {kind: "\\e[2J"}}\n');
    const { stdout } = await workspace.inProcess("config", "check");
    // oxlint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/\u001b/);
    expect(stdout.split("\n")).toHaveLength(3);
  });

  test("a file that is not there, a folder, and one that is too large are refused by name", async () => {
    await using workspace = await openWorkspace();
    expect(await workspace.inProcess("config", "check")).toMatchObject({ exitCode: 66, stdout: "" });
    expect((await workspace.inProcess("config", "check", "nothere.yaml")).stderr).toMatch(/there is no such file/);
    await mkdir(join(workspace.cwd, "folder"));
    expect((await workspace.inProcess("config", "check", "folder")).stderr).toMatch(/is a folder/);
    expect((await workspace.inProcess("config", "check", "/dev/zero")).stderr).toMatch(/is no plain file/);
    await symlink("loop", join(workspace.cwd, "loop"));
    expect((await workspace.inProcess("config", "check", "loop")).stderr).toMatch(/ELOOP.*\[FILE_UNREADABLE\]/);
    await writeFile(join(workspace.cwd, "large.yaml"), Buffer.alloc(10 * 1024 * 1024, "x"));
    expect(await workspace.inProcess("config", "check", "large.yaml")).toMatchObject({
      exitCode: 78,
      stdout: expect.stringMatching(/large\.yaml:1:1: it has more than 1048576 bytes/),
    });
    expect(await workspace.inProcess("config", "check", "--deadline", "soon")).toMatchObject({ exitCode: 2 });
  });

  test("with --connect every cluster is asked, and the exit code is that of the first that failed", async () => {
    await using workspace = await openWorkspace();
    const text = `clusters:
  pretend: {kind: mock, nodes: [{name: "n[1-3]"}]}
  mute: {kind: mock, faults: [{fault: unreachable}]}
  here: {kind: process}
  gone: {kind: slurm, slurm_conf: /nowhere/slurm.conf}
`;
    await writeFile(join(workspace.cwd, "sluice.yaml"), text);
    const ended = await workspace.inProcess("config", "check", "--connect", "--json");
    expect(ended.exitCode).toBe(69);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      valid: true,
      clusters: [
        { name: "pretend", kind: "mock", status: "up", message: "3 nodes, 1 partition" },
        { name: "mute", status: "unreachable", code: "CLUSTER_UNREACHABLE" },
        { name: "here", status: "up", message: "1 node, 0 partitions" },
        {
          name: "gone",
          status: "unreachable",
          code: "CONFIG_INVALID",
          message: expect.stringContaining("/nowhere/slurm.conf"),
        },
      ],
    });
  });
});

describe("sluice config explain", () => {
  test("says what counts here, where it is known from, and which cluster takes a job", async () => {
    await using workspace = await openWorkspace();
    await writeFile(join(workspace.cwd, "sluice.yaml"), good);
    const { stdout, exitCode } = await workspace.inProcess("config", "explain", "--json");
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      folder: workspace.cwd,
      settingsFile: join(workspace.cwd, "sluice.yaml"),
      home: workspace.home,
      store: join(workspace.home, "jobs.db"),
      tokenFile: { path: join(workspace.home, "token"), exists: false },
      default: { name: "here", because: expect.stringMatching(/it is the default of .*sluice\.yaml/) },
      clusters: [
        {
          name: "far",
          reached: "by ssh to me@login.example.org:2222",
          folder: "~/.sluice, on its host",
          requests: { burst: 9, perSecond: 3, source: "sluice.yaml" },
        },
        { name: "here", kind: "process", folder: workspace.home, requests: { source: "no limit" } },
        { name: "pretend", kind: "mock", reached: "in memory" },
      ],
      variables: expect.arrayContaining([
        { name: "SLUICE_HOME", value: workspace.home, meaning: expect.any(String) },
        { name: "SLUICE_URL", meaning: expect.any(String) },
      ]),
    });
    const text = await workspace.inProcess("config", "explain");
    expect(text.stdout).toMatch(/^default {3}here: it is the default of /m);
  });

  test("a file of settings that is wrong is refused with the first of its problems", async () => {
    await using workspace = await openWorkspace();
    await writeFile(join(workspace.cwd, "sluice.yaml"), "clusters: {a: {kind: x}, b: {kind: y}}\n");
    const ended = await workspace.inProcess("config", "explain");
    expect(ended.exitCode).toBe(78);
    expect(ended.stderr).toMatch(/:1:22: clusters\.a\.kind: .* \(and 1 more: sluice config check\)/);
  });
});
