import { expect, test, vi } from "vitest";
import { captureIo } from "../../../test/sluice.ts";
import { withPatience } from "./with-patience.ts";

test("who waits for a provider is told so every few seconds, until it has answered", async () => {
  vi.useFakeTimers();
  try {
    const { io, written } = captureIo();
    const { signal } = new AbortController();
    const context = {
      io,
      signal,
      urgent: signal,
      cwd: "/",
      exitCode: 0,
      config: () => Promise.reject(new Error("no")),
    };
    const work = () => new Promise<string>((resolve) => setTimeout(() => resolve("done"), 7_000));
    const waited = withPatience(context, "aws", work);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await waited).toBe("done");
    expect(written.stderr).toBe("  aws: no answer yet after 3 s\n  aws: no answer yet after 6 s\n");
  } finally {
    vi.useRealTimers();
  }
});
