import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLocalRunner } from "../../../remote/local-runner.ts";
import { readSubmitHost } from "./submit-host.ts";

const never = new AbortController().signal;
let bin: string;
beforeAll(async () => {
  bin = await mkdtemp(join(tmpdir(), "bin-"));
  await Promise.all(["sh", "uname", "id"].map((program) => symlink(`/usr/bin/${program}`, join(bin, program))));
});
afterAll(() => rm(bin, { recursive: true, force: true }));

test("a host without Slurm's commands is told, with what to do", async () => {
  const error: unknown = await readSubmitHost(createLocalRunner({ env: { PATH: bin } }), never).catch(
    (caught: unknown) => caught,
  );
  expect(error).toMatchObject({
    code: "SLURM_MISSING",
    message: expect.stringMatching(/squeue is not installed on this machine.*ssh: \{host: LOGIN_NODE\}/),
  });
});

test("of a host with them are known its name, the user and the mask of new files", async () => {
  await symlink("/usr/bin/true", join(bin, "squeue"));
  const host = await readSubmitHost(createLocalRunner({ env: { PATH: bin } }), never);
  expect(host).toMatchObject({ user: userInfo().username, umask: expect.stringMatching(/^0[0-7]{3}$/) });
  expect(host.name).not.toBe("");
});
