import { BareCluster } from "./bare-cluster.ts";
import { inMs, type Comparison } from "./comparison.ts";
import { interleave } from "./interleave.ts";
import { SdkProject } from "./sdk-project.ts";

const elements = 100;
/** An array takes as long as many jobs do. */
const mostArrays = 5;

const node = process.execPath;
const raw = ["sbatch", "--quiet", "--wait", "--output=/dev/null"] as const;

/** From the start of a program that calls a task function to its value, and to those of an array, against sbatch and Node alone. */
export async function taskFunctions(rounds: number): Promise<readonly Comparison[]> {
  await using cluster = await BareCluster.prepare();
  await cluster.start();
  await using project = await SdkProject.open(cluster.conf);
  const wrap = `--wrap=exec '${node}' -e 0`;

  const [value, job] = await interleave(
    [
      {
        name: "the program, to its value",
        run: async () => {
          const value = await project.run([node, "one.mjs"]);
          if (value !== "0\n") throw new Error(`the value of the call is ${value}`);
        },
      },
      { name: "sbatch --wait, node -e 0", run: async () => void (await project.run([...raw, wrap])) },
    ],
    rounds,
  );
  const [values, array] = await interleave(
    [
      {
        name: "the program, to all values",
        run: async () => {
          const right = Number(await project.run([node, "many.mjs", String(elements)]));
          if (right !== elements) throw new Error(`${right} of ${elements} values are right`);
        },
      },
      {
        name: "sbatch --wait --array, node -e 0",
        run: async () => void (await project.run([...raw, `--array=0-${elements - 1}`, wrap])),
      },
    ],
    Math.min(rounds, mostArrays),
  );
  if (value === undefined || job === undefined) throw new Error("a contender is missing");
  if (values === undefined || array === undefined) throw new Error("a contender is missing");
  return [
    {
      what: "one call of a task function, submit to value",
      ours: inMs(value),
      against: inMs(job),
      budget: { atMost: 1.3 },
    },
    {
      what: `an array of ${elements} calls, submit to all values`,
      ours: inMs(values),
      against: inMs(array),
      budget: { atMost: 1.2 },
    },
  ];
}
