// Puts the code of a task function together twice: `node bundling-process.ts MODULE HOME`. Prints how many milliseconds each took.
import { bundleTask } from "../src/sdk/shipping/bundle-task.ts";
import { oldestNode } from "../src/sdk/shipping/ship.ts";

const [module = "", home = ""] = process.argv.slice(2);
const times: number[] = [];
for (const _ of ["first", "second"]) {
  const began = performance.now();
  await bundleTask({ kind: "task", module }, { home, target: oldestNode });
  times.push(performance.now() - began);
}
console.log(JSON.stringify(times));
