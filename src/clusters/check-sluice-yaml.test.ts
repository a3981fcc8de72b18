import * as fc from "fast-check";
import { expect, test } from "vitest";
import { checkSluiceYaml, maxSettingsBytes, type PlacedProblem } from "./check-sluice-yaml.ts";

const problemsOf = (text: string | Uint8Array): readonly PlacedProblem[] =>
  checkSluiceYaml(typeof text === "string" ? Buffer.from(text) : text).problems;

test("all that is wrong is found at once, each with its place, in the order of the file", () => {
  const text = `default: site
cluster: {}
clusters:
  a: {kind: slrum}
  b: {}
  c: 3
  d:
    kind: process
    foldr: /x
    folder: 3
  e:
    kind: slurm
    requests: {burst: 0, per_second: fast}
    ssh: {host: x, prot: 22}
  f:
    kind: mock
    outcomes: [{states: [pendin, {state: runing}], exit_code: 256}]
`;
  expect(
    problemsOf(text).map(({ line, column, field, problem, suggestion }) => [
      `${line}:${column}`,
      field,
      problem,
      suggestion,
    ]),
  ).toEqual([
    ["2:1", "cluster", 'there is no field "cluster"', "clusters"],
    ["4:13", "clusters.a.kind", 'takes slurm, slurm-rest, process or mock, not "slrum"', "slurm"],
    ["5:6", "clusters.b.kind", "is missing", undefined],
    ["6:6", "clusters.c", "takes fields, each with a name, not 3", undefined],
    ["9:5", "clusters.d.foldr", 'there is no field "foldr"', "folder"],
    ["10:13", "clusters.d.folder", "takes text, not 3", undefined],
    ["13:23", "clusters.e.requests.burst", "takes at least 1, not 0", undefined],
    ["13:38", "clusters.e.requests.per_second", 'takes a number, not "fast"', undefined],
    ["14:20", "clusters.e.ssh.prot", 'there is no field "prot"', "port"],
    [
      "17:26",
      "clusters.f.outcomes[0].states[0]",
      'takes pending, running, suspended or completing, not "pendin"',
      "pending",
    ],
    [
      "17:42",
      "clusters.f.outcomes[0].states[1].state",
      'takes pending, running, suspended or completing, not "runing"',
      "running",
    ],
    ["17:63", "clusters.f.outcomes[0].exit_code", "takes at most 255, not 256", undefined],
  ]);
});

test("each problem says what the field is for, or what is known there", () => {
  const remedies = problemsOf("clusters: {a: {kind: process, folder: here, x: 1}}\n").map(({ remedy }) => remedy);
  expect(remedies).toEqual([expect.stringMatching(/^Path of the folder/), "Known here: kind, folder."]);
});

test.for([
  ["", "1:1", /the file is empty/],
  ["# nothing\n", "1:1", /the file is empty/],
  ["clusters:\n\ta: {kind: process}\n", "2:1", /tab/],
  ["clusters:\n  a: {kind: process}\n  a: {kind: process}\n", "3:3", /"a" stands here twice/],
  ["clusters: {a: {kind: process}\n", "2:1", /^not YAML/],
  ["- a\n", "1:1", /takes fields, each with a name, not a list/],
  ["clusters:\n", "1:10", /takes fields, each with a name, not nothing/],
  ["a: 1\n---\nb: 2\n", "2:1", /second document/],
  ["x: !!js/function 'a'\n", "1:4", /^not YAML: Unresolved tag/],
  ["? [a]\n: b\n", "1:3", /^not YAML/],
  ["clusters: *nowhere\n", "1:1", /nowhere|[Aa]lias/],
] as const)("%j is refused at %s", ([text, place, problem]) => {
  const found = problemsOf(text)[0];
  expect(`${found?.line}:${found?.column}`).toBe(place);
  expect(found?.problem).toMatch(problem);
});

test("a mock has each node once, and partitions of its own nodes", () => {
  const text = `clusters:
  a:
    kind: mock
    nodes: [{name: "n[1-3]"}, {name: n2}]
    partitions: [{name: p, nodes: "n[1-4]"}, {name: q, nodes: "n[1-2"}]
`;
  expect(
    problemsOf(text.replace(', {name: q, nodes: "n[1-2"}', "")).map(({ line, column, problem }) => [
      line,
      column,
      problem,
    ]),
  ).toEqual([
    [4, 38, "has n2 twice"],
    [5, 35, "has n4, which is no node of the cluster"],
  ]);
  expect(problemsOf(text).slice(-1)).toMatchObject([
    { field: "clusters.a.partitions[1].nodes", problem: expect.stringMatching(/hostlist/) },
  ]);
});

test("aliases that stand for more than a person would write are refused at once", () => {
  const bomb = [
    "a: &a [x, x]",
    ..."bcdefghij".split("").map((name, at) => {
      const before = "abcdefghij"[at];
      return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(", ")}]`;
    }),
  ].join("\n");
  const began = performance.now();
  expect(problemsOf(bomb)).toMatchObject([{ problem: expect.stringContaining("alias") }]);
  expect(performance.now() - began).toBeLessThan(2_000);
});

test("an alias that repeats a few settings is taken", () => {
  const text = "clusters:\n  a: &a {kind: slurm, slurm_conf: /etc/slurm.conf}\n  b: *a\n";
  expect(checkSluiceYaml(Buffer.from(text)).settings?.clusters["b"]).toEqual({
    kind: "slurm",
    slurm_conf: "/etc/slurm.conf",
  });
});

test("bytes that are no UTF-8 are told with their place", () => {
  const text = Buffer.concat([Buffer.from("clusters:\n  ü: "), Buffer.from([0xc3, 0x28])]);
  expect(problemsOf(text)).toMatchObject([{ line: 2, column: 6, problem: "there is a byte that is not UTF-8" }]);
  expect(problemsOf(Buffer.from([0x61, 0xc3]))).toMatchObject([{ line: 1, column: 2 }]);
});

test("a file that no person wrote is not read", () => {
  expect(problemsOf(Buffer.alloc(maxSettingsBytes + 1, "#"))).toMatchObject([
    { problem: expect.stringMatching(/more than 1048576/) },
  ]);
});

test("a byte order mark, CRLF line ends and a $schema are taken", () => {
  const text = '\ufeff$schema: "x"\r\nclusters:\r\n  a: {kind: process}\r\n';
  expect(checkSluiceYaml(Buffer.from(text)).problems).toEqual([]);
});

test("a value is shown short, and names of JavaScript's own are fields like others", () => {
  const [first] = problemsOf(
    `clusters: {a: {kind: process, folder: ${"x".repeat(500)}, __proto__: 1, constructor: 2}}\n`,
  );
  expect(first?.problem.length).toBeLessThan(100);
  expect(problemsOf("clusters: {a: {kind: process, __proto__: 1}}\n")).toMatchObject([
    { field: "clusters.a.__proto__" },
  ]);
});

/** What might stand under a name in the file, right or not. */
const anything = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom("slurm", "slurm-rest", "process", "mock", "n[1-2", "0-3%", "/x", "running", "never", "refuse"),
    fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null)),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(
      fc.oneof(
        fc.constantFrom(
          "kind",
          "clusters",
          "default",
          "owners",
          "outcomes",
          "states",
          "faults",
          "fault",
          "nodes",
          "name",
        ),
        fc.constantFrom(
          "partitions",
          "ssh",
          "options",
          "host",
          "requests",
          "tasks",
          "user",
          "*",
          "__proto__",
          "matching",
        ),
        fc.string(),
      ),
      tie("value"),
      { maxKeys: 4 },
    ),
  ),
})).value;

test("whatever the file has in it is refused with places in it, or taken; nothing throws", { timeout: 60_000 }, () => {
  const asText = fc.oneof(
    anything.map((value) => JSON.stringify(value) ?? ""),
    fc.dictionary(fc.constantFrom("a", "b"), anything).map((clusters) => JSON.stringify({ clusters })),
    fc.string({ unit: "binary" }),
  );
  const asBytes = fc.oneof(
    asText.map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 200 }),
  );
  fc.assert(
    fc.property(asBytes, (bytes) => {
      const { settings, problems } = checkSluiceYaml(bytes);
      expect(settings === undefined).toBe(problems.length > 0);
      for (const { line, column, problem } of problems) {
        expect(line).toBeGreaterThan(0);
        expect(column).toBeGreaterThan(0);
        expect(problem).not.toBe("");
      }
    }),
    { numRuns: 500 },
  );
});
