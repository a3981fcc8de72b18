import { listen, type OpenDoor } from "../src/gateway/listen.ts";
import type { GatewayDeps } from "../src/gateway/call.ts";
import { fakeGateway } from "./fake-gateway.ts";

/** A gateway over a fake engine, behind a real port on loopback or a unix socket. */
export async function servedGateway(more: Partial<GatewayDeps> = {}, socket?: string) {
  const gateway = fakeGateway(more);
  const address = socket === undefined ? { host: "127.0.0.1", port: 0, noAuth: false } : { socket };
  let door: OpenDoor = await listen(gateway.app, address);
  const { url } = door;
  return {
    ...gateway,
    url,
    /** Breaks off every connection and listens anew on the same port. */
    async restart(): Promise<void> {
      await door.close(0);
      door = await listen(gateway.app, { host: "127.0.0.1", port: Number(new URL(url).port), noAuth: false });
    },
    async [Symbol.asyncDispose](): Promise<void> {
      gateway.closing.abort();
      await door.close(1_000);
    },
  };
}
