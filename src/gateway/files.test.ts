import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { fakeGateway } from "../../test/fake-gateway.ts";
import { Problem } from "../schema/api-problem.ts";
import { exampleJobId } from "./contract/job-operations.ts";

const content = Buffer.from([0, 255, 128, 10, 13, 0]);
const sha256 = createHash("sha256").update(content).digest("hex");
const place = `/v1/clusters/dev/files/${sha256}`;
const put = (body: NonNullable<RequestInit["body"]>, more: Record<string, string> = {}): RequestInit => ({
  method: "PUT",
  body,
  headers: { "content-type": "application/octet-stream", ...more },
});

describe("what is kept for jobs", () => {
  test("arrives byte for byte, and is found again", async () => {
    const { request, service } = fakeGateway();
    expect((await request(place)).status).toBe(404);
    const kept = await request(place, put(content));
    expect([kept.status, await kept.json()]).toEqual([200, { path: `/home/alice/.sluice/files/${sha256}` }]);
    expect(Buffer.from(service.kept.get(sha256) ?? []).equals(content)).toBe(true);
    expect(await (await request(place)).json()).toEqual({ path: `/home/alice/.sluice/files/${sha256}` });
  });

  test("is refused as JSON, packed, of another hash and by another name", async () => {
    const { request, service } = fakeGateway();
    const refused = async (path: string, init: RequestInit): Promise<unknown> => {
      const response = await request(path, init);
      return [response.status, Problem.parse(await response.json()).code];
    };
    expect(await refused(place, put(content, { "content-type": "application/json" }))).toEqual([415, undefined]);
    expect(await refused(place, put(content, { "content-encoding": "gzip" }))).toEqual([415, undefined]);
    expect(await refused(place, put("other"))).toEqual([400, "INPUT_INVALID"]);
    expect(await refused("/v1/clusters/dev/files/x", put(content))).toEqual([400, "INPUT_INVALID"]);
    expect(await refused(place.replace("dev", "other"), put(content))).toEqual([404, "CLUSTER_NOT_FOUND"]);
    expect(service.kept.has(sha256)).toBe(false);
  });

  test("is bounded, whether its length is told or not", async () => {
    const { request } = fakeGateway();
    const told = await request(place, put(content, { "content-length": String(64 * 1024 * 1024 + 1) }));
    const chunk = new Uint8Array(1024 * 1024);
    const endless = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(chunk) });
    const untold = await request(place, { ...put(endless), duplex: "half" });
    expect([told.status, untold.status]).toEqual([413, 413]);
  });

  test("is for those who may submit", async () => {
    const { request } = fakeGateway();
    expect((await request(place, { ...put(content), scope: "viewer" })).status).toBe(403);
    expect((await request(place, { scope: "viewer" })).status).toBe(403);
  });
});

describe("what a job has left", () => {
  const path = `/v1/jobs/${exampleJobId}/files/result.bin`;

  test("is read byte for byte, by those who may see the job", async () => {
    const { request, service, addToken } = fakeGateway();
    service.left.set("result.bin", content);
    const response = await request(path, { scope: "viewer" });
    expect(response.headers.get("content-length")).toBe(String(content.length));
    expect(Buffer.from(await response.arrayBuffer()).equals(content)).toBe(true);
    const stranger = { authorization: `Bearer ${addToken("bob", "user")}` };
    const hidden = Problem.parse(await (await request(path, { headers: stranger })).json());
    expect(hidden.code).toBe("JOB_NOT_FOUND");
    const head = await request(path, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  test("has a name that leads nowhere else", async () => {
    const { request } = fakeGateway();
    expect(Problem.parse(await (await request(path)).json()).code).toBe("FILE_NOT_FOUND");
    for (const name of ["..%2fscript", ".hidden", "a%00", "%2fetc%2fpasswd", "x".repeat(129)]) {
      expect((await request(`/v1/jobs/${exampleJobId}/files/${name}`)).status).toBe(400);
    }
  });
});
