import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { servedGateway } from "../../test/served-gateway.ts";
import { exampleJobId } from "../gateway/contract/job-operations.ts";
import { createClient } from "./client.ts";
import { unixFetch } from "./unix-fetch.ts";

test("a client through a unix socket needs no token, and submits, fails and follows as through a port", async () => {
  const folder = await mkdtemp(join(tmpdir(), "unix-fetch-"));
  try {
    await using gateway = await servedGateway({}, join(folder, "s"));
    const client = createClient({ url: "http://localhost", fetch: unixFetch(join(folder, "s")) });
    const { id } = await client.submit({ script: "#!/bin/sh\n", name: "näme" });
    expect((await client.job(id)).name).toBe("näme");
    await expect(client.job("nobody")).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
    gateway.service.pieces = [{ offset: 0, bytes: Buffer.from([0, 255, 10]) }];
    for await (const { bytes } of client.output(exampleJobId, {})) expect([...bytes]).toEqual([0, 255, 10]);
    gateway.service.tell(exampleJobId);
    for await (const event of client.events({ after: 0 })) {
      expect(event).toMatchObject({ type: "state", seq: 1 });
      break;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
