import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { findPython } from "../../../../scripts/find-python.ts";
import { findListener, identify, isRunning, readProcess } from "./processes.ts";

/** Ends its first thread alone, as every thread of a daemon that is killed ends by itself; the other listens on. */
const program = `
import ctypes, os, socket, threading
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
threading.Thread(target=server.accept).start()
ctypes.CDLL(None).syscall({"x86_64": 60, "aarch64": 93}[os.uname().machine], 0)
`;

test("a process has not ended as long as one of its threads may still listen", async () => {
  const child = spawn((await findPython()) ?? "python3", ["-c", program], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const pid = child.pid ?? 0;
  const [port] = await once(child.stdout, "data");
  await expect.poll(() => readProcess(pid)?.state, { timeout: 5_000, interval: 5 }).toBe("Z");
  const id = identify(pid);
  expect(id?.pid).toBe(pid);
  expect(id !== undefined && isRunning(id)).toBe(true);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(id !== undefined && isRunning(id)).toBe(false);
  expect(findListener(Number(String(port)))).toBeUndefined();
});
