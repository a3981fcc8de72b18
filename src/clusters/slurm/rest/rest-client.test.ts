import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { SluiceError } from "../../../errors.ts";
import { readRestSubmission } from "../../../slurm/rest/rest-submission.ts";
import { createRestClient, type RestClient } from "./rest-client.ts";

type Answer = (incoming: IncomingMessage, outgoing: ServerResponse, count: number) => void;

const never = new AbortController().signal;
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
});

/** Something in the place of slurmrestd that does what that does only when it is ill. */
async function open(answer: Answer): Promise<RestClient> {
  let count = 0;
  const server = createServer((incoming, outgoing) => answer(incoming, outgoing, (count += 1)));
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return createRestClient({ url: `http://127.0.0.1:${portOf(server)}/behind/a/proxy/` });
}

function portOf(server: Pick<Server, "address">): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

const get = { method: "GET", path: "/slurm/v0.0.42/ping", deadlineMs: 10_000, signal: never } as const;
const post = { ...get, method: "POST", path: "/slurm/v0.0.42/job/submit", body: "{}" } as const;

async function failureOf(work: Promise<unknown>): Promise<SluiceError> {
  const error: unknown = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (error instanceof SluiceError) return error;
  throw new Error("this was to fail", { cause: error });
}

describe("a client of slurmrestd", () => {
  test("sends method, path, headers and body, and gives status and text", async () => {
    const client = await open((incoming, outgoing) => {
      incoming.setEncoding("utf8");
      incoming.once("data", (body: string) => {
        const { method, url, headers } = incoming;
        outgoing.writeHead(201).end(JSON.stringify([method, url, headers["x-a"], headers["content-type"], body]));
      });
    });
    const { status, text } = await client.send({ ...post, headers: { "x-a": "b" }, body: '{"ü":1}' });
    expect(status).toBe(201);
    expect(JSON.parse(text)).toEqual([
      "POST",
      "/behind/a/proxy/slurm/v0.0.42/job/submit",
      "b",
      "application/json",
      '{"ü":1}',
    ]);
  });

  test("a connection that is closed before the answer: reading is tried again, submitting is not", async () => {
    let posts = 0;
    const client = await open((incoming, outgoing, count) => {
      if (incoming.method === "POST") posts += 1;
      if (incoming.method === "POST" || count === 1) outgoing.destroy();
      else outgoing.end("second");
    });
    expect((await client.send(get)).text).toBe("second");
    const error = await failureOf(client.send(post));
    expect(error).toMatchObject({ code: "CLUSTER_UNREACHABLE", details: { reason: "lost", mayHaveRun: true } });
    expect(posts).toBe(1);
  });

  test("what is no HTTP is no answer", async () => {
    let isFirst = true;
    const client = await open((incoming, outgoing) => {
      if (isFirst || incoming.method === "POST") outgoing.socket?.end("}\n]\n");
      else outgoing.end("second");
      isFirst = false;
    });
    expect((await client.send(get)).text).toBe("second");
    expect(await failureOf(client.send(post))).toMatchObject({ details: { reason: "lost", mayHaveRun: true } });
  });

  test("an answer that breaks off in its middle is none", async () => {
    const client = await open((_, outgoing) => {
      outgoing.writeHead(200, { "content-length": "100" }).write('{"job_id": 1');
      setImmediate(() => outgoing.destroy());
    });
    expect(await failureOf(client.send(post))).toMatchObject({
      code: "CLUSTER_UNREACHABLE",
      details: { mayHaveRun: true },
    });
  });

  test("an answer that is late is not waited for, and may still have an effect", async () => {
    const client = await open(() => {});
    const error = await failureOf(client.send({ ...post, deadlineMs: 50 }));
    expect(error).toMatchObject({ code: "CLUSTER_UNREACHABLE", details: { reason: "no-answer", mayHaveRun: true } });
    expect(error.message).toContain("no answer within 0.05 s");
  });

  test("whoever waits may be told to stop", async () => {
    const client = await open(() => {});
    const stop = new AbortController();
    const waiting = failureOf(client.send({ ...get, signal: stop.signal }));
    stop.abort();
    expect(await waiting).toMatchObject({ code: "CANCELLED" });
  });

  test("where nobody listens nothing was sent", async () => {
    const listener = createTcpServer();
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    const port = portOf(listener);
    listener.close();
    await once(listener, "close");
    for (const endpoint of [{ url: `http://127.0.0.1:${port}` }, { socket: "/nowhere/rest.sock" }]) {
      const error = await failureOf(createRestClient(endpoint).send(post));
      expect(error).toMatchObject({
        code: "CLUSTER_UNREACHABLE",
        message: expect.stringContaining("is slurmrestd running?"),
        details: { hop: "slurmrestd", reason: "refused", mayHaveRun: false },
      });
    }
  });

  test("certificates that cannot be read are told by their field", () => {
    expect(() => createRestClient({ url: "https://h", caFile: "/nowhere/ca.pem" })).toThrow(
      /ca_file: "\/nowhere\/ca.pem"/,
    );
  });
});

describe("what the answers to a submission mean", () => {
  const said = (status: number, text: string): SluiceError => {
    try {
      const id = readRestSubmission({ request: "POST job/submit", status, text });
      throw new Error(`this was to fail, and gave ${id}`);
    } catch (error) {
      if (error instanceof SluiceError) return error;
      throw error;
    }
  };

  test("a proxy's error page leaves it open whether the job was taken", () => {
    for (const status of [502, 503, 504]) {
      expect(said(status, "<html>Bad gateway</html>")).toMatchObject({
        code: "CLUSTER_UNREACHABLE",
        details: { mayHaveRun: true },
      });
    }
  });

  test("so does what is no JSON, no answer of slurmrestd, or an answer without job and error", () => {
    for (const text of ["", "{", "[]", '"ok"', "{}", '{"job_id": "x"}', '{"job_id": 0, "errors": []}']) {
      expect(said(200, text)).toMatchObject({ code: "REPLY_UNREADABLE", details: { mayHaveRun: true } });
    }
  });

  test("words that nobody answered to leave it open, and words of a controller that was not reached do not", () => {
    const error = (number: number, words: string): string =>
      JSON.stringify({ errors: [{ error_number: number, error: words }] });
    expect(said(500, error(5004, "Socket timed out on send/recv operation"))).toMatchObject({
      code: "CLUSTER_UNREACHABLE",
      details: { mayHaveRun: true },
    });
    expect(said(500, error(-1, "Unspecified error"))).toMatchObject({
      code: "CLUSTER_UNREACHABLE",
      details: { mayHaveRun: true },
    });
    expect(said(500, error(1800, "Unable to contact slurm controller (connect failure)"))).toMatchObject({
      code: "CLUSTER_UNREACHABLE",
      details: { mayHaveRun: false },
    });
    expect(said(500, error(2000, "Invalid partition name specified"))).toMatchObject({
      code: "SUBMIT_REJECTED",
      details: { mayHaveRun: false },
    });
  });
});
