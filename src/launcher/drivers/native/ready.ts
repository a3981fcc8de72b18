import { connect } from "node:net";

/** Whether somebody answers at a port of 127.0.0.1 or at a unix socket; resolves to `undefined` where not. */
export function answers(address: { readonly port: number } | { readonly path: string }): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect("port" in address ? { port: address.port, host: "127.0.0.1" } : { path: address.path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(undefined));
  });
}
