import { BareCluster } from "./bare-cluster.ts";
import { inMs, type Comparison } from "./comparison.ts";
import { interleave } from "./interleave.ts";
import { SdkProject } from "./sdk-project.ts";

const elements = 100;
const node = process.execPath;
const wrap = `--wrap=exec '${node}' -e 0`;
const raw = ["sbatch", "--quiet", "--wait", "--output=/dev/null", wrap] as const;

/** sbatch --wait looks after 2, 10 and 42 seconds (sbatch.c, _job_wait), which says too little of what takes as long as an array. */
const rawArray = `id=$(sbatch --parsable --output=/dev/null --array="$1" "$2")
while [ -n "$(squeue --noheader --jobs="$id")" ]; do sleep 0.1; done`;

/** From the start of a program that calls a task function to its value, and to those of an array, against sbatch and Node alone. */
export async function taskFunctions(rounds: number): Promise<readonly Comparison[]> {
  await using cluster = await BareCluster.prepare();
  await cluster.start();
  await using project = await SdkProject.open(cluster.conf);

  const [value, job] = await interleave(
    [
      {
        name: "the program, to its value",
        run: async () => {
          const printed = await project.run([node, "one.mjs"]);
          if (printed !== "0\n") throw new Error(`the value of the call is ${printed}`);
        },
      },
      { name: "sbatch --wait, node -e 0", run: async () => void (await project.run([...raw])) },
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
        name: "sbatch --array, node -e 0",
        run: async () => void (await project.run(["sh", "-c", rawArray, "array", `0-${elements - 1}`, wrap])),
      },
    ],
    rounds,
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
