import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { wireCluster } from "../../../test/kubernetes-wire-cluster.ts";
import { acceptWebSocket, channelFrame, type WireRequest } from "../../../test/kubernetes-wire-server.ts";

const { signal } = new AbortController();
const request = { namespace: "slurm", pod: "controller-0", command: ["scontrol", "show", "partition", "a b&c"] };
const success = JSON.stringify({ metadata: {}, status: "Success" });

describe.each(["v4.channel.k8s.io", "v5.channel.k8s.io"])("over %s", (protocol) => {
  const answering =
    (frames: readonly Buffer[]) =>
    (asked: WireRequest, socket: Socket): void => {
      acceptWebSocket(asked, socket, protocol);
      // Also where several frames come in one piece with the answer.
      socket.write(Buffer.concat(frames));
    };

  test("a command's output comes in parts and its end with the status", async () => {
    await using cluster = await wireCluster(() => undefined, {
      upgrade: answering([
        channelFrame(1, ""),
        channelFrame(1, "PartitionName=a "),
        channelFrame(2, "a word of warning\n"),
        channelFrame(1, `Nodes=${"n".repeat(300)}\n`),
        channelFrame(255, Buffer.from([1])),
        channelFrame(3, success),
      ]),
    });
    expect(await cluster.api.exec({ ...request, container: "slurmctld" }, signal)).toEqual({
      stdout: `PartitionName=a Nodes=${"n".repeat(300)}\n`,
      stderr: "a word of warning\n",
      exitCode: 0,
    });
    const [asked] = cluster.server.requests;
    expect(asked?.url.pathname).toBe("/api/v1/namespaces/slurm/pods/controller-0/exec");
    expect(asked?.url.searchParams.getAll("command")).toEqual(request.command);
    expect(asked?.url.searchParams.get("container")).toBe("slurmctld");
    expect(asked?.headers["authorization"]).toBe("Bearer secret");
    expect(asked?.headers["sec-websocket-protocol"]).toContain(protocol);
  });

  test("the exit code of a command that fails is that of its status", async () => {
    const status = {
      metadata: {},
      status: "Failure",
      message: "command terminated with non-zero exit code",
      reason: "NonZeroExitCode",
      details: { causes: [{ reason: "ExitCode", message: "3" }] },
    };
    await using cluster = await wireCluster(() => undefined, {
      upgrade: answering([channelFrame(2, "no such partition\n"), channelFrame(3, JSON.stringify(status))]),
    });
    expect(await cluster.api.exec(request, signal)).toEqual({ stdout: "", stderr: "no such partition\n", exitCode: 3 });
  });

  test("a command that could not be run is an error", async () => {
    const status = { metadata: {}, status: "Failure", message: "container not running", code: 500 };
    await using cluster = await wireCluster(() => undefined, {
      upgrade: answering([channelFrame(3, JSON.stringify(status))]),
    });
    await expect(cluster.api.exec(request, signal)).rejects.toMatchObject({
      status: 500,
      message: "container not running",
    });
  });

  test("a connection that closes before the status is an error", async () => {
    await using cluster = await wireCluster(() => undefined, {
      upgrade: (asked, socket) => {
        acceptWebSocket(asked, socket, protocol);
        socket.end(channelFrame(1, "half of it"));
      },
    });
    await expect(cluster.api.exec(request, signal)).rejects.toMatchObject({
      status: 0,
      message: "the connection closed before the command had ended",
    });
  });
});

test("a server that refuses the connection is named by its status", async () => {
  await using cluster = await wireCluster(() => undefined, {
    upgrade: (_asked, socket) => socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
  });
  await expect(cluster.api.exec(request, signal)).rejects.toMatchObject({
    status: 403,
    message: "Unexpected server response: 403; commands need the verbs get and create of pods/exec",
  });
});

test("who aborts does not wait, neither for the command nor for the connection", async () => {
  for (const isAccepted of [true, false]) {
    const stop = new AbortController();
    await using cluster = await wireCluster(() => undefined, {
      upgrade: (asked, socket) => {
        if (isAccepted) acceptWebSocket(asked, socket, "v5.channel.k8s.io");
        stop.abort(new Error("enough"));
      },
    });
    await expect(cluster.api.exec(request, stop.signal)).rejects.toThrow("enough");
  }
});
