import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as common from "oci-common";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { recordingHost } from "../../../../test/recording-host.ts";
import { wireServer } from "../../../../test/wire-server.ts";
import { authenticate } from "./oci-authentication.ts";

const { signal } = new AbortController();
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const given = { tenancyId: "t1", userId: "u1", region: "us-phoenix-1", fingerprint: "f1", privateKey: pem };

afterEach(() => void vi.unstubAllEnvs());

describe("credentials for Oracle Cloud", () => {
  test("are those of the request", async () => {
    const { provider, tenancyId } = await found(given);
    expect([await provider.getKeyId(), tenancyId, provider.getPassphrase()]).toEqual(["t1/u1/f1", "t1", null]);
    expect((await found({ ...given, passphrase: "p" })).provider.getPassphrase()).toBe("p");
  });

  // Topograph looks for them in this order.
  test.each([
    [{ dummy: "" }, "tenancyId"],
    [{ tenancyId: "t" }, "userId"],
    [{ tenancyId: "t", userId: "u" }, "region"],
    [{ tenancyId: "t", userId: "u", region: "r" }, "fingerprint"],
    [{ tenancyId: "t", userId: "u", region: "r", fingerprint: "f" }, "privateKey"],
  ])("are refused where one is missing: %o", async (creds, missing) => {
    await expect(found(creds)).rejects.toMatchObject({
      status: 400,
      message: `credentials error: missing '${missing}'`,
    });
  });

  test("are else those of the configuration file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sluice-oci-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const key = join(folder, "key.pem");
    await writeFile(key, pem, { mode: 0o600 });
    const lines = ["[DEFAULT]", "user=u2", "fingerprint=f2", "tenancy=t2", "region=us-ashburn-1", `key_file=${key}`];
    await writeFile(join(folder, "config"), `${lines.join("\n")}\n`);
    vi.stubEnv("OCI_CONFIG_FILE", join(folder, "config"));
    const { provider, tenancyId } = await found({});
    expect([await provider.getKeyId(), tenancyId]).toEqual(["t2/u2/f2", "t2"]);
  });

  test("are else those of the instance, and where this is none it is not authorised", async () => {
    vi.stubEnv("OCI_CONFIG_FILE", "/nonexistent/config");
    await using metadata = await wireServer(() => ({ status: 404 }));
    const environment = { OCI_METADATA_BASE_URL: `${metadata.url.href}opc/v2` };
    await expect(found({}, environment)).rejects.toMatchObject({
      status: 401,
      message: expect.stringMatching(/^unable to authenticate API: /),
    });
    expect(metadata.requests[0]).toMatchObject({ headers: { authorization: "Bearer Oracle" } });
  });
});

function found(creds: Readonly<Record<string, string>>, environment: Readonly<Record<string, string>> = {}) {
  return authenticate(common, new Map(Object.entries(creds)), recordingHost({ environment }), signal);
}
