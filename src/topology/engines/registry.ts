import { registry } from "../../registry.ts";
import type { EngineKind } from "../engine.ts";
import { graphEngine } from "./graph.ts";
import { k8sEngine } from "./k8s.ts";
import { nfdEngine } from "./nfd/nfd-engine.ts";
import { slinkyEngine } from "./slinky/slinky-engine.ts";
import { slurmEngine } from "./slurm.ts";

/** The engines that a request can name, in the order of their documentation. A new one is one file and one line here. */
export const engineKinds = registry<EngineKind>("topology engine", [
  slurmEngine,
  slinkyEngine,
  k8sEngine,
  nfdEngine,
  graphEngine,
]);
