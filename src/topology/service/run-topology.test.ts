import { expect, test } from "vitest";
import { registry } from "../../registry.ts";
import type { EngineKind } from "../engine.ts";
import type { ComputeInstances } from "../graph/topology-graph.ts";
import type { ProviderKind } from "../provider.ts";
import { recordingHost } from "../../../test/recording-host.ts";
import { readRequest } from "../request/read-request.ts";
import { TopologyError } from "../topology-error.ts";
import { runTopology, type TopologyDeps } from "./run-topology.ts";

const found: ComputeInstances = { region: "found", instances: new Map([["i", "n"]]) };

/** Says in what order it was asked, and with what. */
function bench(known?: readonly ComputeInstances[]) {
  const steps: string[] = [];
  const provider: ProviderKind = {
    kind: "p",
    summary: "",
    params: {},
    creds: {},
    async open({ creds, params }) {
      steps.push(`provider ${JSON.stringify([...creds])} ${params.size}`);
      return {
        ...(known !== undefined && { computeInstances: async () => known }),
        async graph({ instances, pageSize }) {
          steps.push(`graph ${instances.map(({ region }) => region).join()} ${pageSize}`);
          return {};
        },
      };
    },
  };
  const engine: EngineKind = {
    kind: "e",
    summary: "",
    params: {},
    async open() {
      steps.push("engine");
      return {
        async resolve(given) {
          steps.push(`resolve ${given.map(({ region }) => region).join()}`);
          return given.length === 0 ? [found] : given;
        },
        async output() {
          steps.push("output");
          return "body";
        },
      };
    },
  };
  const run = (text: string, more: Partial<TopologyDeps> = {}): Promise<{ readonly body: string }> =>
    runTopology(
      readRequest(Buffer.from(text)),
      { host: recordingHost({}), providers: registry("p", [provider]), engines: registry("e", [engine]), ...more },
      new AbortController().signal,
    );
  return { steps, run };
}

const named = '"provider":{"name":"p"},"engine":{"name":"e"}';

test("the engine is opened first, and its finds are what the graph is asked for", async () => {
  const { steps, run } = bench();
  expect(await run(`{${named}}`, { pageSize: 7 })).toEqual({ body: "body" });
  expect(steps).toEqual(["engine", "provider [] 0", "resolve ", "graph found 7", "output"]);
});

test("nodes of the request count more than those that the provider knows", async () => {
  const { steps, run } = bench([found]);
  await run(`{${named},"nodes":[{"region":"asked"}]}`);
  expect(steps.slice(2)).toEqual(["resolve asked", "graph asked undefined", "output"]);
});

test("an empty list of nodes is as none: what the provider knows is handed to the engine", async () => {
  const { steps, run } = bench([found]);
  await run(`{${named},"nodes":[]}`);
  expect(steps.slice(2)).toEqual(["resolve found", "graph found undefined", "output"]);
});

test("a provider that knows of no instance is believed, and the engine finds none", async () => {
  const { steps, run } = bench([]);
  await run(`{${named}}`);
  expect(steps.slice(2)).toEqual(["graph  undefined", "output"]);
});

test("credentials of the configuration are for requests that bring none", async () => {
  const credentials = new Map<string, string | number | null>([
    ["token", "kept"],
    ["port", 5],
    ["nothing", null],
  ]);
  const without = bench();
  await without.run('{"provider":{"name":"p","creds":{}},"engine":{"name":"e"}}', { credentials });
  expect(without.steps[1]).toBe('provider [["token","kept"],["port","5"]] 0');
  const own = bench();
  await own.run('{"provider":{"name":"p","creds":{"a":"b"}},"engine":{"name":"e"}}', { credentials });
  expect(own.steps[1]).toBe('provider [["a","b"]] 0');
  await expect(bench().run('{"provider":{"name":"p","creds":{"a":{}}},"engine":{"name":"e"}}')).rejects.toEqual(
    new TopologyError(400, "credentials error: 'a' is neither text nor number"),
  );
});

test("what is not there is refused, the engine first", async () => {
  await expect(bench().run('{"provider":{"name":"X"},"engine":{"name":"Y"}}')).rejects.toThrow("unsupported engine Y");
  await expect(bench().run('{"provider":{"name":"X"},"engine":{"name":"e"}}')).rejects.toThrow(
    "unsupported provider X",
  );
});
