import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { recordingHost } from "../../../../test/recording-host.ts";
import { wireServer } from "../../../../test/wire-server.ts";
import { toParamMap } from "../../params/to-param-map.ts";
import { findProjectId } from "./project-id.ts";

const { signal } = new AbortController();
const unconvertible = "1 error(s) decoding:\n\n* 'project_id' expected type 'string', got unconvertible type 'bool'";

describe("the project of a request to Google Cloud", () => {
  test("is the one that it names, before that of the credentials", async () => {
    expect(await found({ project_id: "test-project1" }, '{"project_id": "test-project2"}')).toBe("test-project1");
  });

  test("is else that of the credentials", async () => {
    expect(await found({}, '{"project_id": "test-project"}')).toBe("test-project");
    expect(await found({ project_id: null }, '{"PROJECT_ID": "test-project"}')).toBe("test-project");
  });

  test.each([
    [{ project_id: false }, "{}", `error in topology request parameters: ${unconvertible}, value: 'false'`],
    [{}, '{"project_id": true}', `error in GOOGLE_APPLICATION_CREDENTIALS: ${unconvertible}, value: 'true'`],
    [{}, '{"key": "val"}', "error in GOOGLE_APPLICATION_CREDENTIALS: missing 'project_id'"],
  ])("is refused where it is none: %o", async (params, file, message) => {
    await expect(found(params, file)).rejects.toMatchObject({ status: 400, message });
  });

  test("is refused where the credentials cannot be read, without a word of what stands in them", async () => {
    await expect(found({}, "{very secret")).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(/^failed to parse GOOGLE_APPLICATION_CREDENTIALS \S+: it is no JSON$/),
    });
    const environment = { GOOGLE_APPLICATION_CREDENTIALS: "/does/not/exist" };
    await expect(findProjectId(new Map(), recordingHost({ environment }), signal)).rejects.toMatchObject({
      status: 400,
      message:
        "failed to read GOOGLE_APPLICATION_CREDENTIALS /does/not/exist: open /does/not/exist: no such file or directory",
    });
  });

  test("is that of the machine where neither says any", async () => {
    await using metadata = await wireServer(({ headers }) =>
      headers["metadata-flavor"] === "Google" ? { body: "machine-project\n" } : { status: 403 },
    );
    const environment = { GCE_METADATA_HOST: metadata.url.host };
    expect(await findProjectId(new Map(), recordingHost({ environment }), signal)).toBe("machine-project");
    expect(metadata.requests.map(({ url }) => url.pathname)).toEqual(["/computeMetadata/v1/project/project-id"]);

    metadata.answer = () => ({ status: 404, body: "none" });
    await expect(findProjectId(new Map(), recordingHost({ environment }), signal)).rejects.toMatchObject({
      status: 400,
      message: "no project_id: none",
    });
  });
});

async function found(params: unknown, file: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-gcp-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "credentials.json");
  await writeFile(path, file);
  const host = recordingHost({ environment: { GOOGLE_APPLICATION_CREDENTIALS: path } });
  return findProjectId(toParamMap(params), host, signal);
}
