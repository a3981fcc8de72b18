import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitWords } from "./split-words.ts";

/** Each measured with `sbatch -vvvv`, which prints the words it found. */
const measured: readonly [line: string, words: readonly string[]][] = [
  ["", []],
  [" \t\v\f\r ", []],
  ["-N2", ["-N2"]],
  ["--nodes=2#x", ["--nodes=2"]],
  ["-N 2 # total number", ["-N", "2"]],
  ['--comment="a b" --nodes=2', ["--comment=a b", "--nodes=2"]],
  ["-J a'b c'd\"e\"", ["-J", "ab cde"]],
  ['--job-name="a\'b"', ["--job-name=a'b"]],
  ['--job-name="a#b"#c', ["--job-name=a#b"]],
  [String.raw`--comment="a\"b" -J 'x\'y'`, ['--comment=a"b', "-J", "x'y"]],
  [String.raw`--comment=a\ b\#c#d`, ["--comment=a", "b#c"]],
  [String.raw`--comment="#"\#\\x --name`, ["--comment=##\\x", "--name"]],
  [String.raw`-J 'a\\b'`, ["-J", "a\\b"]],
  ["-J a\\", ["-J", "a"]],
  [String.raw`-J \"a -c2`, ["-J", '"a', "-c2"]],
  ["-J a\v-c2", ["-J", "a", "-c2"]],
  ['":" -c2', [":", "-c2"]],
  ["-J a:b", ["-J", "a:b"]],
  ['"hetjob" x', ["hetjob", "x"]],
  ["hetjob#x", ["hetjob"]],
  [String.raw`het\job`, ["hetjob"]],
  ["hetjobs", ["hetjobs"]],
];

function texts(line: string): readonly string[] | string {
  const split = splitWords(line);
  return "problem" in split ? split.problem : split.words.map((word) => word.text);
}

describe("splitting #SBATCH lines into words", () => {
  test.each(measured)("%j gives the words that sbatch found", (line, words) => {
    expect(texts(line)).toEqual(words);
  });

  test("an empty word ends the line, as it does for sbatch", () => {
    expect(splitWords('-c 2 "" -N2')).toEqual({
      words: [
        { text: "-c", column: 1 },
        { text: "2", column: 4 },
      ],
      stoppedBy: { what: "empty-word", column: 6 },
    });
  });

  test("the bare words hetjob and packjob stop the line in any case", () => {
    expect(splitWords("hetjob -N2")).toEqual({ words: [], stoppedBy: { what: "hetjob", column: 1 } });
    expect(splitWords("-c2 PackJob")).toMatchObject({ stoppedBy: { what: "packjob", column: 5 } });
  });

  test("a quote that is never closed is refused where it opens", () => {
    expect(splitWords(String.raw`-J "a\"`)).toMatchObject({ column: 4 });
    expect(splitWords("x a'b")).toMatchObject({ column: 4 });
  });

  test("a word that begins with a colon is refused", () => {
    expect(splitWords("-N1 : -N2")).toMatchObject({ column: 5 });
  });

  test("columns count from the beginning of the line", () => {
    expect(splitWords("#SBATCH  -N2", 7)).toEqual({ words: [{ text: "-N2", column: 10 }] });
  });

  test("every word begins at its column and holds no more than stands there", () => {
    const line = fc.string({ unit: fc.constantFrom(..." \t-N2ab='\"\\#:hetjob".split("")), maxLength: 40 });
    fc.assert(
      fc.property(line, (text) => {
        const split = splitWords(text);
        const words = "problem" in split ? [] : split.words;
        const columns = words.map(({ column }) => column);
        expect(columns).toEqual(columns.toSorted((a, b) => a - b));
        for (const [index, { text: word, column }] of words.entries()) {
          expect(text.charAt(column - 1)).toMatch(/\S/);
          expect(column - 1 + word.length).toBeLessThan(columns[index + 1] ?? text.length + 1);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
