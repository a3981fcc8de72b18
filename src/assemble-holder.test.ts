import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { isBeforeRestart, isDeadHolder, nameHolder } from "./assemble-holder.ts";

const module = fileURLToPath(new URL("./assemble-holder.ts", import.meta.url));

test("a process is known to be dead once it is, and not while it runs or stands still", async () => {
  const program = `import(${JSON.stringify(module)}).then((it) => console.log(it.nameHolder())); setInterval(() => {}, 1000)`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  const [name]: unknown[] = await once(child.stdout.setEncoding("utf8"), "data");
  const holder = String(name).trim();
  expect(isDeadHolder(holder)).toBe(false);
  child.kill("SIGSTOP");
  expect(isDeadHolder(holder)).toBe(false);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(isDeadHolder(holder)).toBe(true);
});

test("of what runs elsewhere, or named itself in another way, nothing is known", () => {
  const [host = "", , place = "", start = ""] = nameHolder().split(":");
  for (const holder of ["", "two", `${host}:1:${crypto.randomUUID()}`, `${host}:1::5:x`, `${host}:1:${place}0:5:x`]) {
    expect(isDeadHolder(holder)).toBe(false);
  }
  // The pid of this very process, which another had before it.
  expect(isDeadHolder(`${host}:${process.pid}:${place}:${Number(start) - 1}:x`)).toBe(true);
});

test("a process of another start of this host was started before the restart, as far as can be told", () => {
  const [host = "", , place = ""] = nameHolder().split(":");
  expect(isBeforeRestart(`${host}:1:${place}0:5:x`)).toBe(true);
  for (const holder of ["", "two", `${host}:1::5:x`, `${host}:1:${place}:5:x`, `${host}0:1:${place}0:5:x`]) {
    expect(isBeforeRestart(holder)).toBe(false);
  }
});
