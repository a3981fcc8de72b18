// Runs the sweep on the cluster that is found from here: `node src/main.ts`.
import { Cluster } from "sluice";
import { sweep } from "./tasks.ts";

const cluster = Cluster.fromEnv();
try {
  const job = await cluster.submit(sweep)([0.01, 0.1, 1], [0, 0.01, 0.1]);
  console.log(`submitted as job ${job.nativeId}`);
  const { tried, best } = await job.wait();
  console.log(
    `best of ${tried}: learning rate ${best.learningRate}, penalty ${best.penalty}, loss ${best.loss.toFixed(3)}`,
  );
} finally {
  await cluster.close();
}
