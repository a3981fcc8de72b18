import { expect, test } from "vitest";
import { plainAnswer, startHealthServer } from "./health-server.ts";

test("probes are answered by their path, as things stand", async () => {
  let word = "ok";
  await using server = await startHealthServer(0, { "/healthz": () => plainAnswer(word) });
  const get = async (path: string): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return [response.status, await response.text()];
  };
  expect(await get("/healthz?verbose")).toEqual([200, "ok"]);
  word = "still ok";
  expect(await get("/healthz")).toEqual([200, "still ok"]);
  expect(await get("/toString")).toEqual([404, "404 page not found\n"]);
});

test("a port that somebody else has is named", async () => {
  await using first = await startHealthServer(0, {});
  await expect(startHealthServer(first.port, {})).rejects.toMatchObject({ code: "PORT_BUSY" });
});
