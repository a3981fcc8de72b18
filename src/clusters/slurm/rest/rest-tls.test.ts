import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRestClient } from "./rest-client.ts";

/** A certificate that signs itself, for 127.0.0.1 and the next hundred years, and its key, which guards nothing. */
const tls = fileURLToPath(new URL("fixtures/tls/", import.meta.url));
const caFile = `${tls}certificate.pem`;

const server = createServer({ cert: readFileSync(caFile), key: readFileSync(`${tls}key.pem`) }, (incoming, outgoing) =>
  outgoing.end(`${incoming.method} ${incoming.url}`),
);
let port: number;
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

const post = {
  method: "POST",
  path: "/slurm/v0.0.42/job/submit",
  body: "{}",
  deadlineMs: 10_000,
  signal: new AbortController().signal,
} as const;

test("a host with a certificate of who is named in ca_file is spoken to by https, over a connection that is kept", async () => {
  const client = createRestClient({ url: `https://127.0.0.1:${port}/proxy`, caFile });
  expect(await client.send(post)).toMatchObject({ status: 200, text: "POST /proxy/slurm/v0.0.42/job/submit" });
  expect(await client.send(post)).toMatchObject({ status: 200 });
});

test.each([
  [
    "a certificate that nobody vouches for",
    "127.0.0.1",
    undefined,
    /signed by nobody who is trusted; name who .* ca_file/,
  ],
  ["a certificate for another host", "localhost", caFile, /is for another host; write the host's name in url/],
])("%s gets no request, and it is said what to do", async (_what, host, trusted, words) => {
  const client = createRestClient({
    url: `https://${host}:${port}`,
    ...(trusted !== undefined && { caFile: trusted }),
  });
  await expect(client.send(post)).rejects.toMatchObject({
    code: "CLUSTER_UNREACHABLE",
    message: expect.stringMatching(words),
    details: { reason: "untrusted", mayHaveRun: false },
  });
});
