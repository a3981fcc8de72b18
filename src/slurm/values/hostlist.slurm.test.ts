import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as fc from "fast-check";
import { describe, expect, inject, test } from "vitest";
import { compressHostlist, expandHostlist } from "./hostlist.ts";

const run = promisify(execFile);

/** What `scontrol show WHAT TEXT` prints for each text, line by line; `undefined` where it refuses the text. */
async function scontrolShow(what: string, texts: readonly string[]): Promise<(readonly string[] | undefined)[]> {
  const env = { ...process.env, SLURM_CONF: inject("slurmConf") };
  const answers: (readonly string[] | undefined)[] = texts.map(() => undefined);
  const queue = texts.entries();
  const worker = async (): Promise<void> => {
    for (const [i, text] of queue) {
      const options = { env, timeout: 10_000, maxBuffer: 1024 * 1024 };
      const { stdout, stderr } = await run("scontrol", ["--", "show", what, text], options);
      if (!`${stdout}${stderr}`.includes("Invalid hostlist")) answers[i] = stdout.trimEnd().split("\n");
    }
  };
  await Promise.all(Array.from({ length: 6 }, worker));
  return answers;
}

/** A fixed seed, so that a failure is the same on the next run. */
const sample = <T>(arbitrary: fc.Arbitrary<T>, count: number): T[] =>
  fc.sample(arbitrary, { seed: 20_221, numRuns: count });

const range = fc
  .tuple(fc.nat({ max: 120 }), fc.nat({ max: 12 }), fc.integer({ min: 1, max: 4 }))
  .map(([first, more, width]) => {
    const [low, high] = [first, first + more].map((number) => String(number).padStart(width, "0"));
    return more === 0 ? low : `${low}-${high}`;
  });
const bracket = fc.array(range, { minLength: 1, maxLength: 3 }).map((ranges) => `[${ranges.join(",")}]`);
const word = fc.constantFrom("n", "cpu-", "r1n", "a.b", "x_", "node");
const entry = fc.oneof(
  { weight: 1, arbitrary: word },
  {
    weight: 4,
    arbitrary: fc
      .array(
        fc.tuple(word, bracket).map((parts) => parts.join("")),
        { minLength: 1, maxLength: 3 },
      )
      .map((parts) => parts.join("")),
  },
);
const hostlist = fc.array(entry, { minLength: 1, maxLength: 4 }).map((entries) => entries.join(","));

describe("expandHostlist against scontrol show hostnames", () => {
  test("gives the same names in the same order for 300 generated hostlists", async () => {
    const texts = sample(hostlist, 300);
    const answers = await scontrolShow("hostnames", texts);
    expect(texts.map((text) => expandHostlist(text).join(" "))).toEqual(answers.map((answer) => answer?.join(" ")));
  });

  test("refuses what scontrol refuses", async () => {
    const texts = (
      "n[1-2]-ib n[1-2]a[3-4]b n[3-1] n[] n[-1] n[a] n[1,,2] n[1,2,] n[,1] n[1-[2-3]] n[[1-2]] n[1:2] n[1-4:2] n[1-3]%2 " +
      "n[1.2] n[1-65537] n[1-2]x[] [] n[1-2]]"
    ).split(" ");
    const answers = await scontrolShow("hostnames", texts);
    expect(texts.filter((_, i) => answers[i] !== undefined)).toEqual([]);
    expect(texts.filter((text) => isAccepted(text))).toEqual([]);
  });

  test("refuses more than scontrol only in the cases that its comment names", async () => {
    const texts = ["n[1", "n[", "n1]", "n]", "n[1-]", "n[12345678901234567890]", "n".repeat(256)];
    const answers = await scontrolShow("hostnames", texts);
    expect(texts.filter((_, i) => answers[i] === undefined)).toEqual([]);
    expect(texts.filter((text) => isAccepted(text))).toEqual([]);
  });

  test("agrees with scontrol about arbitrary text of a hostlist's characters, but for those cases", async () => {
    const unit = fc.constantFrom(..."0123-[],[],[]ab".split(""));
    const texts = sample(fc.string({ unit, minLength: 1, maxLength: 14 }), 300);
    const answers = await scontrolShow("hostnames", texts);
    const wrong = texts.filter((text, i) => {
      return isAccepted(text) && expandHostlist(text).join(" ") !== answers[i]?.join(" ");
    });
    expect(wrong).toEqual([]);
    const refusedHereAlone = texts.filter((text, i) => !isAccepted(text) && answers[i] !== undefined);
    expect(refusedHereAlone.filter((text) => bracketsMatch(text) && !/\d-[\],]/.test(text))).toEqual([]);
  });
});

describe("compressHostlist against scontrol show hostlistsorted", () => {
  test("writes the same text for 200 generated lists whose numbers are padded alike", async () => {
    const prefix = fc.constantFrom("n", "r1n", "r2n", "r10n", "B", "b-", "x01y", "x1y");
    const names = fc.integer({ min: 1, max: 4 }).chain((width) => {
      const number = fc.nat({ max: 150 }).map((n) => String(n).padStart(width, "0"));
      const name = fc.tuple(
        prefix,
        fc.oneof({ weight: 9, arbitrary: number }, { weight: 1, arbitrary: fc.constant("") }),
      );
      return fc.array(
        name.map((parts) => parts.join("")),
        { minLength: 1, maxLength: 40 },
      );
    });
    const lists = sample(names, 200);
    const answers = await scontrolShow(
      "hostlistsorted",
      lists.map((list) => list.join(",")),
    );
    expect(lists.map((list) => compressHostlist(list))).toEqual(answers.map((answer) => answer?.join()));
  });

  test("names the same hosts where padded and unpadded numbers stand together", async () => {
    const number = fc
      .tuple(fc.nat({ max: 120 }), fc.integer({ min: 1, max: 4 }))
      .map(([n, width]) => String(n).padStart(width, "0"));
    const lists = sample(
      fc.array(
        number.map((digits) => `n${digits}`),
        { minLength: 1, maxLength: 25 },
      ),
      100,
    );
    const answers = await scontrolShow(
      "hostnames",
      lists.map((list) => compressHostlist(list)),
    );
    expect(answers.map((answer) => answer?.toSorted())).toEqual(lists.map((list) => list.toSorted()));
  });
});

function isAccepted(text: string): boolean {
  try {
    return expandHostlist(text).length >= 0;
  } catch {
    return false;
  }
}

function bracketsMatch(text: string): boolean {
  return /^(?:[^[\]]*\[[^[\]]*\])*[^[\]]*$/.test(text);
}
