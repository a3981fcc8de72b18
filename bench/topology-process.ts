// Answers one request for topology, the first of its process: `node topology-process.ts REQUEST`, a file of JSON as it is posted.
// Prints the milliseconds from the request's bytes to the answer's, the answer's length, and the most memory that the process had.
import { readFileSync } from "node:fs";
import { topologyHost } from "../src/assemble-topology.ts";
import { engineKinds } from "../src/topology/engines/registry.ts";
import { providerKinds } from "../src/topology/providers/registry.ts";
import { readRequest } from "../src/topology/request/read-request.ts";
import { runTopology } from "../src/topology/service/run-topology.ts";

const [file = ""] = process.argv.slice(2);
const body = readFileSync(file);
const deps = { host: topologyHost({ environment: {} }), providers: providerKinds, engines: engineKinds };
const began = performance.now();
const answer = await runTopology(readRequest(body), deps, new AbortController().signal);
const { length } = Buffer.from(answer.body);
const elapsedMs = performance.now() - began;
console.log(JSON.stringify({ elapsedMs, length, peakMB: (process.resourceUsage().maxRSS * 1024) / 1e6 }));
