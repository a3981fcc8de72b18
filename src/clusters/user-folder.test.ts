import { chmod, mkdir, mkdtemp, realpath, rm, stat, symlink } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readConfig } from "../config.ts";
import { createLocalRunner } from "../remote/local-runner.ts";
import { prepareUserFolder } from "./user-folder.ts";

const runner = createLocalRunner({ env: readConfig().environment });
const { username } = userInfo();
let folder: string;
beforeEach(async () => void (folder = await realpath(await mkdtemp(join(tmpdir(), "user folder it's ")))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const prepare = (base: string, user = username): Promise<void> =>
  runner.run(prepareUserFolder(user, base), { signal: AbortSignal.timeout(30_000) });

test("is made, closed to others, and may be there already", async () => {
  const base = join(folder, "a b", "-jobs");
  await prepare(base);
  expect((await stat(base)).mode & 0o777).toBe(0o700);
  await prepare(base);
});

test.each([
  ["that others may write to", (base: string) => mkdir(base).then(() => chmod(base, 0o777))],
  ["that others may write to, though it is sticky", (base: string) => mkdir(base).then(() => chmod(base, 0o1777))],
  ["under one that the group may write to", () => chmod(folder, 0o770)],
  [
    "behind a link, under one that others may write to",
    async (base: string) => {
      const open = join(folder, "open");
      await mkdir(join(open, "mine"), { recursive: true });
      await chmod(open, 0o777);
      await symlink(join(open, "mine"), base);
    },
  ],
])("%s is refused", async (_, arrange) => {
  const base = join(folder, "jobs");
  await arrange(base);
  await expect(prepare(base)).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringContaining("others may write to"),
  });
});

test("of another user, or as another user, is refused", async () => {
  const other = username === "root" ? "daemon" : "root";
  await expect(prepare(join(folder, "jobs"), other)).rejects.toThrow(`it would be ${username}`);
  await expect(prepare(join(folder, "jobs"), "nobody-of-that-name")).rejects.toThrow(`it would be ${username}`);
  await expect(prepare("/proc/self/nothing/here")).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});
