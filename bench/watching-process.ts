// Follows the events of a gateway over many connections at once: `node watching-process.ts URL TOKEN COUNT`. Prints a line
// when all are open. For each line that it reads it prints what it has heard since the last one: how many events, and how
// many milliseconds after they were stored they came, the middle one and the one in a hundred.
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { percentile } from "./interleave.ts";

const [url = "", token = "", count = "1"] = process.argv.slice(2);
const { hostname, port } = new URL(url);
const storedAt = /"at":"([^"]+)"/g;
/** So many open at the same time, and no more: what listens has a bound on those that wait for it. */
const atOnce = 100;
let delays: number[] = [];

function follow(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let isOpen = false;
    socket.setEncoding("latin1").on("data", (text: string) => {
      const now = Date.now();
      if (!isOpen && text.includes(": open")) {
        isOpen = true;
        resolve();
      }
      for (const [, at = ""] of text.matchAll(storedAt)) delays.push(now - Date.parse(at));
    });
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("the gateway closed a stream")));
    socket.write(
      `GET /v1/events HTTP/1.1\r\nhost: ${hostname}:${port}\r\nauthorization: Bearer ${token}\r\naccept: text/event-stream\r\n\r\n`,
    );
  });
}

for (let open = 0; open < Number(count); open += atOnce) {
  await Promise.all(Array.from({ length: Math.min(atOnce, Number(count) - open) }, follow));
}
process.stdout.write("open\n");
for await (const _ of createInterface({ input: process.stdin })) {
  const sorted = delays.toSorted((a, b) => a - b);
  delays = [];
  const report = { events: sorted.length, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
process.exit(0);
