import { connect, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { fakeGateway } from "../../test/fake-gateway.ts";
import { doorLimits, listen, type DoorLimits } from "./listen.ts";

/** A door with small bounds, and peers that speak bytes. */
async function openDoor(limits: Partial<DoorLimits>) {
  const gateway = fakeGateway();
  const address = { host: "127.0.0.1", port: 0, noAuth: false };
  const door = await listen(gateway.app, address, { ...doorLimits, lookMs: 20, ...limits });
  onTestFinished(async () => {
    gateway.closing.abort();
    await door.close(0);
  });
  const port = Number(new URL(door.url).port);
  /** Connects and says that; `ended` resolves to all that was heard, when the door has closed the connection. */
  const peer = async (
    text: string,
  ): Promise<{ readonly socket: Socket; readonly heard: () => string; readonly ended: Promise<string> }> => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    let heard = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => (heard += chunk));
    socket.on("error", () => {});
    onTestFinished(() => void socket.destroy());
    const ended = new Promise<string>((resolve) => {
      socket.once("end", () => resolve(heard)).once("close", () => resolve(heard));
    });
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.write(text);
    return { socket, heard: () => heard, ended };
  };
  return { ...gateway, door, peer };
}

describe("a peer that is slow or greedy does not keep the others out", { timeout: 60_000 }, () => {
  test("headers that never end are cut off", async () => {
    const { peer, door } = await openDoor({ headersMs: 1_500 });
    const { ended } = await peer("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
    expect(await ended).toMatch(/^HTTP\/1\.1 408 /);
    expect((await fetch(`${door.url}/healthz`)).status).toBe(200);
  });

  test("a body that never ends is cut off", async () => {
    const { peer, token } = await openDoor({ headersMs: 1_500, requestMs: 1_500 });
    const head = `POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token("user")}\r\n`;
    const { ended } = await peer(`${head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{`);
    expect(await ended).toMatch(/^HTTP\/1\.1 4\d\d /);
  });

  test("connections beyond the bound are closed, and there is room again when one goes", async () => {
    const { peer, door } = await openDoor({ connections: 2 });
    const idle = [await peer(""), await peer("")];
    expect(await (await peer("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")).ended).toBe("");
    for (const { socket } of idle) socket.destroy();
    await expect.poll(async () => (await fetch(`${door.url}/healthz`)).status, { timeout: 10_000 }).toBe(200);
  });

  test("a stream whose reader has closed its half ends", async () => {
    const { peer, token, deps } = await openDoor({});
    const head = `GET /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token("user")}\r\n\r\n`;
    const { socket, heard, ended } = await peer(head);
    const streams = (): string | undefined =>
      /sluice_http_streams (\d+)/.exec(deps.metrics.write({ version: "1", storeAnswers: true, clusters: [] }))?.[1];
    await expect.poll(heard, { timeout: 10_000 }).toMatch(/^HTTP\/1\.1 200 [^]*id: 0/);
    expect(streams()).toBe("1");
    socket.end();
    await ended;
    await expect.poll(streams, { timeout: 10_000 }).toBe("0");
  });
});
